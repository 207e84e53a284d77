/** What a container is to carry to be a node; its value is a link or a mix of links. */
export const linkLabel = "swarmlab.link";
/** The region, or a mix of regions, that a node is in. */
export const regionLabel = "swarmlab.region";

const projectLabel = "com.docker.compose.project";
const stackLabel = "com.docker.stack.namespace";
const taskNameLabel = "com.docker.swarm.task.name";
const taskIdLabel = "com.docker.swarm.task.id";

/** A running container that is a node of the swarm, or a pod. */
export interface NodeContainer {
  readonly id: string;
  /** The node's name: the container's, or of a task in Swarm mode its service and slot, which outlive the task. */
  readonly name: string;
  /** The name without that of the Compose project or stack; the whole name without one. */
  readonly shortName: string;
  /** Of its first process, or another in its network namespace, as the agent counts. */
  readonly pid: number;
  /** Tells one run of a container from its next: when it started in ISO 8601, or a pod's network namespace. */
  readonly startedAt: string;
  /** On the swarm's network; IPv4 before IPv6. */
  readonly swarmAddresses: readonly [string, ...string[]];
  /** On all of its networks. */
  readonly addresses: readonly string[];
  /** As it is written in the label or annotation. */
  readonly link: string;
  /** As it is written in the label or annotation; empty without one. */
  readonly region: string;
}

/** The parts of what Docker tells about a container that matter here (Engine API, "Inspect a container"). */
interface InspectedContainer {
  readonly Id: string;
  readonly Name: string;
  readonly State: { readonly Running: boolean; readonly Pid: number; readonly StartedAt: string };
  readonly Config: { readonly Labels?: Readonly<Record<string, string>> | null };
  readonly NetworkSettings: { readonly Networks?: Readonly<Record<string, Endpoint>> | null };
}

/** What Docker tells about a container, when it runs, has the link label and is on the swarm's network. */
export function nodeContainerOf(
  inspected: InspectedContainer,
  swarmNetwork: string,
): NodeContainer | undefined {
  const { State, Config, NetworkSettings } = inspected;
  const labels = Config.Labels ?? {};
  const link = labels[linkLabel];
  // Between two runs a container counts as running, but has no process.
  if (link === undefined || !State.Running || State.Pid <= 0) return undefined;
  const networks = NetworkSettings.Networks ?? {};
  const [first, ...others] = addressesOf(networks[swarmNetwork]);
  if (first === undefined) return undefined;
  const name = slotName(labels) ?? inspected.Name.replace(/^\//, "");
  const prefix = prefixOf(labels);
  return {
    id: inspected.Id,
    name,
    shortName: name.startsWith(prefix) ? name.slice(prefix.length) : name,
    pid: State.Pid,
    startedAt: State.StartedAt,
    swarmAddresses: [first, ...others],
    addresses: Object.values(networks).flatMap(addressesOf),
    link: link.trim(),
    region: labels[regionLabel]?.trim() ?? "",
  };
}

/** What the names of a stack's tasks, or of a Compose project's containers, begin with. */
function prefixOf(labels: Readonly<Record<string, string>>): string {
  // A task of an image that Compose has built has the label of that project, too.
  if (labels[stackLabel] !== undefined) return `${labels[stackLabel]}_`;
  return labels[projectLabel] === undefined ? "" : `${labels[projectLabel]}-`;
}

/** `lab_leecher.3` of the task `lab_leecher.3.ID`; undefined without a task. */
function slotName(labels: Readonly<Record<string, string>>): string | undefined {
  const task = labels[taskNameLabel];
  const id = labels[taskIdLabel];
  if (task === undefined || id === undefined || !task.endsWith(`.${id}`)) return undefined;
  return task.slice(0, -id.length - 1);
}

interface Endpoint {
  readonly IPAddress?: string;
  readonly GlobalIPv6Address?: string;
}

function addressesOf(endpoint: Endpoint | undefined): string[] {
  const addresses = [endpoint?.IPAddress, endpoint?.GlobalIPv6Address];
  return addresses.filter((address) => address !== undefined && address !== "") as string[];
}
