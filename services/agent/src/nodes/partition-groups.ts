import type { Partition } from "@swarmlab/agent-api/node-link";
import { isNamed, type NodeNames } from "./node-names.js";

/** Why nodes cannot be divided like this. */
export class PartitionError extends Error {
  override readonly name = "PartitionError";

  constructor(
    readonly code: "EMPTY_GROUP" | "UNKNOWN_NODE" | "OVERLAPPING_GROUPS",
    message: string,
  ) {
    super(message);
  }
}

/** The nodes of each group; a node that several groups name is in the first of them. */
export function membersOf<Node extends NodeNames>({ groups }: Partition, nodes: Iterable<Node>): Node[][] {
  const members: Node[][] = groups.map(() => []);
  for (const node of nodes) {
    const index = groups.findIndex((group) => group.some((pattern) => isNamed(node, pattern)));
    members[index]?.push(node);
  }
  return members;
}

/** Refuses a partition that can hardly be meant: a node that does not exist, or is in two groups. Throws PartitionError. */
export function checkPartition({ groups }: Partition, nodes: readonly NodeNames[]): void {
  for (const pattern of groups.flat()) {
    if (pattern.endsWith("*") || nodes.some((node) => isNamed(node, pattern))) continue;
    throw new PartitionError("UNKNOWN_NODE", `there is no node ${pattern}`);
  }
  for (const group of groups) {
    if (nodes.some((node) => group.some((pattern) => isNamed(node, pattern)))) continue;
    throw new PartitionError("EMPTY_GROUP", `no node is in the group ${group.join(", ")}`);
  }
  for (const node of nodes) {
    const named = groups.filter((group) => group.some((pattern) => isNamed(node, pattern)));
    if (named.length > 1) throw new PartitionError("OVERLAPPING_GROUPS", `${node.name} is in two groups`);
  }
}
