import { linkPaths, partitionSchema } from "@swarmlab/agent-api/node-link";
import { ApiError } from "@swarmlab/telemetry/control-app";
import type { Logger } from "@swarmlab/telemetry/logger";
import express, { Router } from "express";
import { z } from "zod";
import type { LinkKeeper } from "../links/link-keeper.js";
import { checkPartition, PartitionError } from "../nodes/partition-groups.js";
import type { Swarm } from "../nodes/swarm.js";
import { requestSignal } from "./request-signal.js";

export interface PartitionRoutesOptions {
  readonly swarm: Swarm;
  readonly keeper: LinkKeeper;
  readonly logger: Logger;
  /** Why nodes cannot be divided here; undefined when they can. */
  readonly obstacle: string | undefined;
  /** Resolves when the swarm as it is now would survive a crash. */
  readonly save: () => Promise<void>;
  /** Ends with the agent. */
  readonly signal: AbortSignal;
}

const settledTimeoutMs = 30_000;
const statuses = { UNKNOWN_NODE: 404, EMPTY_GROUP: 409, OVERLAPPING_GROUPS: 400 } as const;

/** Divides the swarm into groups that cannot reach each other, and heals it. Both answer when it is done at every node. */
export function partitionRoutes(options: PartitionRoutesOptions): Router {
  const { swarm, keeper, logger, obstacle, save, signal: agentSignal } = options;
  const routes = Router();

  routes.get(linkPaths.partition, (_request, response) => {
    if (swarm.partitionStatus === undefined) throw new ApiError(404, "NO_PARTITION", "the swarm is whole");
    response.json(swarm.partitionStatus);
  });

  routes.put(linkPaths.partition, express.json({ limit: "1mb" }), async (request, response) => {
    if (obstacle !== undefined) throw new ApiError(409, "CANNOT_PARTITION", obstacle);
    const partition = partitionSchema.safeParse(request.body);
    if (!partition.success) throw new ApiError(400, "BAD_PARTITION", z.prettifyError(partition.error));
    try {
      checkPartition(
        partition.data,
        swarm.nodes.map(({ container }) => container),
      );
    } catch (error) {
      if (!(error instanceof PartitionError)) throw error;
      throw new ApiError(statuses[error.code], error.code, error.message, { cause: error });
    }
    swarm.partition = partition.data;
    logger.info({ groups: partition.data.groups }, "swarm divided");
    await carryOut(requestSignal(response, agentSignal));
    response.json(swarm.partitionStatus);
  });

  routes.delete(linkPaths.partition, async (_request, response) => {
    if (swarm.partition !== undefined) {
      swarm.partition = undefined;
      logger.info("swarm healed");
      await carryOut(requestSignal(response, agentSignal));
    }
    response.status(204).end();
  });

  return routes;

  async function carryOut(signal: AbortSignal): Promise<void> {
    const { topology } = swarm;
    keeper.attendRoutes();
    swarm.changes.notify();
    await save();
    const unsettled = () =>
      swarm.nodes.filter((node) => node.settledTopology < topology && !node.isWithoutLink);
    const isOver = () => unsettled().every(({ state }) => state === "failed");
    await swarm.changes.until(isOver, settledTimeoutMs, signal);
    const names = unsettled().map(({ name }) => name);
    if (names.length === 0) return;
    throw new ApiError(500, "PARTITION_INCOMPLETE", `not done at ${names.join(", ")}: see their problem`);
  }
}
