import { parseLink } from "@swarmlab/scenario/link";
import { type CommandRunner, inNetworkNamespace } from "@swarmlab/tc-wrapper/command-runner";
import { DelayTables } from "@swarmlab/tc-wrapper/delay-tables";
import type { InterfaceLink } from "@swarmlab/tc-wrapper/interface-link";
import { LinkController } from "@swarmlab/tc-wrapper/link-controller";
import { isIsolated } from "../../netns/isolate.js";

/** The name of every node's interface. */
export const interfaceName = "swarm0";
const bridge = "core";
const here = inNetworkNamespace();

/** A node of the lab: a network namespace with one interface on the bridge, which is the core of the network. */
export interface LabNode {
  readonly name: string;
  readonly namespacePath: string;
  readonly ipv4: string;
  readonly ipv6: string;
  readonly commands: CommandRunner;
  readonly controller: LinkController;
  /** Brings its interface to a link in the notation of `parseLink`. */
  apply(link: string, more?: Partial<InterfaceLink>): ReturnType<LinkController["apply"]>;
}

/** Nodes on one bridge, by their names. */
export interface NetemLab<Name extends string> {
  readonly nodes: Readonly<Record<Name, LabNode>>;
  close(): Promise<void>;
}

/** Builds a lab of its own; this process must be isolated (see `runIsolated`). */
export async function createNetemLab<Name extends string>(names: readonly Name[]): Promise<NetemLab<Name>> {
  if (!isIsolated()) throw new Error("a lab of network namespaces is only made inside of isolated ones");
  const tables = await DelayTables.open();
  // In few processes, which take their time in the guest.
  await batch(here, [
    `link add ${bridge} type bridge`,
    `link set ${bridge} up`,
    ...names.flatMap((name) => [
      `netns add ${name}`,
      `link add port-${name} type veth peer name ${interfaceName} netns ${name}`,
      `link set port-${name} master ${bridge} up`,
    ]),
  ]);
  const nodes = await Promise.all(
    names.map(async (name, index) => [name, await setUpNode(name, index + 1, tables)]),
  );
  return {
    nodes: Object.fromEntries(nodes),
    close: async () => {
      await batch(here, [...names.map((name) => `netns del ${name}`), `link del ${bridge}`]);
      await tables.close();
    },
  };
}

/** What `InterfaceLink` needs besides the link, where nothing else is wanted. */
export const plain = { interfaceName, routes: [], blockedAddresses: [], unshapedPorts: [] } as const;

async function setUpNode(name: string, number: number, tables: DelayTables): Promise<LabNode> {
  const ipv4 = `10.78.0.${number}`;
  const ipv6 = `fd78::${number}`;
  const namespacePath = `/run/netns/${name}`;
  const commands = inNetworkNamespace(namespacePath);
  await batch(commands, [
    "link set lo up",
    `address add ${ipv4}/16 dev ${interfaceName}`,
    `address add ${ipv6}/64 dev ${interfaceName} nodad`,
    `link set ${interfaceName} up`,
  ]);
  const controller = new LinkController(commands, tables);
  return {
    name,
    namespacePath,
    ipv4,
    ipv6,
    commands,
    controller,
    apply: (link, more) => controller.apply({ ...plain, link: parseLink(link), ...more }),
  };
}

async function batch(commands: CommandRunner, lines: readonly string[]): Promise<void> {
  await commands.run("ip", ["-batch", "-"], { stdin: `${lines.join("\n")}\n` });
}
