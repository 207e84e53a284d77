import { ApiError } from "@swarmlab/telemetry/control-app";
import type { RequestHandler } from "express";
import type { Swarm } from "../nodes/swarm.js";

const readingMethods = new Set(["GET", "HEAD", "OPTIONS"]);

/**
 * Lets nodes of the swarm read only: what runs in them is under test, and is not to choose its own conditions, or those of
 * others. What they may tell of themselves is to be routed before.
 */
export function readOnlyForNodes(swarm: Swarm): RequestHandler {
  return (request, _response, next) => {
    const address = request.socket.remoteAddress ?? "";
    const node = readingMethods.has(request.method) ? undefined : swarm.byAddress(address);
    if (node !== undefined) {
      const message = `${address} is the node ${node.name}: nodes of the swarm may read links, but not change or measure them`;
      throw new ApiError(403, "NODES_MAY_NOT", message);
    }
    next();
  };
}
