import { ApiError } from "@swarmlab/telemetry/control-app";
import { AmbiguousNodeError, type Swarm } from "../nodes/swarm.js";
import type { SwarmNode } from "../nodes/swarm-node.js";

/** The node that a path names. Throws an ApiError when there is none, or more than one. */
export function nodeNamed(swarm: Swarm, name: unknown): SwarmNode {
  try {
    const node = swarm.byName(String(name));
    if (node !== undefined) return node;
  } catch (error) {
    if (!(error instanceof AmbiguousNodeError)) throw error;
    throw new ApiError(409, error.code, error.message, { cause: error });
  }
  throw new ApiError(404, "UNKNOWN_NODE", `no node ${String(name)} runs`);
}
