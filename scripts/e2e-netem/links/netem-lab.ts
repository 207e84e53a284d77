import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { parseLink } from "@swarmlab/scenario/link";
import { type CommandRunner, inNetworkNamespace } from "@swarmlab/tc-wrapper/command-runner";
import { DelayTables } from "@swarmlab/tc-wrapper/delay-tables";
import type { InterfaceLink } from "@swarmlab/tc-wrapper/interface-link";
import { LinkController } from "@swarmlab/tc-wrapper/link-controller";
import { isIsolated } from "../../netns/isolate.js";

const run = promisify(execFile);

/** The name of every node's interface. */
export const interfaceName = "swarm0";
const bridge = "core";

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
  await run("ip", ["link", "add", bridge, "type", "bridge"]);
  await run("ip", ["link", "set", bridge, "up"]);
  const nodes = await Promise.all(
    names.map(async (name, index) => [name, await addNode(name, index + 1, tables)]),
  );
  return {
    nodes: Object.fromEntries(nodes),
    close: async () => {
      for (const name of names) await run("ip", ["netns", "del", name]);
      await run("ip", ["link", "del", bridge]);
      await tables.close();
    },
  };
}

/** What `InterfaceLink` needs besides the link, where nothing else is wanted. */
export const plain = { interfaceName, routes: [], blockedAddresses: [], unshapedPorts: [] } as const;

async function addNode(name: string, number: number, tables: DelayTables): Promise<LabNode> {
  const ipv4 = `10.78.0.${number}`;
  const ipv6 = `fd78::${number}`;
  await run("ip", ["netns", "add", name]);
  const port = `port-${name}`;
  await run("ip", ["link", "add", port, "type", "veth", "peer", "name", interfaceName, "netns", name]);
  await run("ip", ["link", "set", port, "master", bridge, "up"]);
  const namespacePath = `/run/netns/${name}`;
  const commands = inNetworkNamespace(namespacePath);
  const inside = [
    "link set lo up",
    `address add ${ipv4}/16 dev ${interfaceName}`,
    `address add ${ipv6}/64 dev ${interfaceName} nodad`,
    `link set ${interfaceName} up`,
  ];
  await commands.run("ip", ["-batch", "-"], { stdin: inside.join("\n") });
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
