import {
  maxWaitSeconds,
  type SelfLink,
  type SelfMeasurementAnswer,
  selfMeasurementSchema,
  selfPaths,
} from "@swarmlab/agent-api/self-link";
import { ApiError } from "@swarmlab/telemetry/control-app";
import express, { type Request, type Response, Router } from "express";
import { z } from "zod";
import type { LinkMeasurer } from "../measurement/link-measurer.js";
import type { Swarm } from "../nodes/swarm.js";
import type { SwarmNode } from "../nodes/swarm-node.js";
import { requestSignal } from "./request-signal.js";

export interface SelfRoutesOptions {
  readonly swarm: Swarm;
  readonly measurer: LinkMeasurer;
  /** Where nodes find the echo server; null while there is no such address. */
  readonly echo: () => SelfLink["echo"];
  /** Ends with the agent. */
  readonly signal: AbortSignal;
}

/** A node may ask before Docker has told that its container started. */
const acquaintanceMs = 1000;

const querySchema = z.object({
  wait: z.coerce.number().min(0).max(maxWaitSeconds).default(0),
  after: z.coerce.number().int().min(0).optional(),
});

/** What nodes ask about themselves. */
export function selfRoutes({ swarm, measurer, echo, signal: agentSignal }: SelfRoutesOptions): Router {
  const routes = Router();

  routes.get(new URL(selfPaths.link(0), "http://agent").pathname, async (request, response) => {
    const query = querySchema.safeParse(request.query);
    if (!query.success) throw new ApiError(400, "BAD_QUERY", z.prettifyError(query.error));
    const { wait, after } = query.data;
    const signal = requestSignal(response, agentSignal);
    const node = await nodeAsking(request, Math.min(acquaintanceMs, wait * 1000), signal);
    const hasNews = () => swarm.has(node) && mayJoin(node) && node.revision !== after;
    const isOver = () => hasNews() || node.state === "failed" || !swarm.has(node);
    await swarm.changes.until(isOver, wait * 1000, signal);
    if (!hasNews()) {
      const { state, problem } = node.view();
      if (state === "failed") throw new ApiError(409, "LINK_FAILED", problem ?? "the link is not in place");
      endEmpty(response);
      return;
    }
    node.isTold = true;
    const { name, region, named, backend, revision } = node;
    const link: SelfLink = { node: name, region, link: named.text, backend, revision, echo: echo() };
    response.json(link);
  });

  routes.post(selfPaths.measurement, express.json({ limit: "10kb" }), async (request, response) => {
    const measurement = selfMeasurementSchema.safeParse(request.body);
    if (!measurement.success) throw new ApiError(400, "BAD_MEASUREMENT", z.prettifyError(measurement.error));
    const node = await nodeAsking(request, 0, agentSignal);
    if (node.backend !== "userspace") {
      throw new ApiError(409, "NOT_YOURS", `the link of ${node.name} is not made by the node itself`);
    }
    if (measurement.data.revision !== node.revision) {
      throw new ApiError(409, "OTHER_REVISION", `the link has the revision ${node.revision} by now`);
    }
    const answer: SelfMeasurementAnswer = { measureAgain: measurer.report(node, measurement.data) };
    response.json(answer);
  });

  return routes;

  async function nodeAsking(request: Request, waitMs: number, signal: AbortSignal): Promise<SwarmNode> {
    const address = request.socket.remoteAddress ?? "";
    await swarm.changes.until(() => swarm.byAddress(address) !== undefined, waitMs, signal);
    const node = swarm.byAddress(address);
    if (node !== undefined) return node;
    throw new ApiError(404, "UNKNOWN_NODE", `no node of the swarm has the address ${address}`);
  }

  /** A kernel's link is measured before its node may use it; a node that makes its own measures before it joins. */
  function mayJoin(node: SwarmNode): boolean {
    if (node.backend === "userspace") return node.isPlaced;
    return node.isReleased && swarm.isSettled(node);
  }
}

function endEmpty(response: Response): void {
  response.status(204).end();
}
