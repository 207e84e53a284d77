import type { SelfLink } from "@swarmlab/agent-api/self-link";
import type { Logger } from "@swarmlab/telemetry/logger";
import { Router } from "express";
import type { LinkService } from "../link-service.js";
import { linkRoutes } from "./link-routes.js";
import { readOnlyForNodes } from "./node-access.js";
import { partitionRoutes } from "./partition-routes.js";
import { regionRoutes } from "./region-routes.js";
import { selfRoutes } from "./self-routes.js";

/** The whole API: what nodes ask about themselves, and what people and tools read and change. */
export function agentRoutes(service: LinkService, echo: () => SelfLink["echo"], logger: Logger): Router {
  const { swarm, keeper, measurer, queues, regionPaths, partitionObstacle, changeObstacle, signal } = service;
  const save = () => service.save();
  const routes = Router().use(selfRoutes({ swarm, measurer, echo, signal }));
  if (changeObstacle === undefined) routes.use(readOnlyForNodes(swarm));
  return routes
    .use(linkRoutes({ swarm, keeper, measurer, queues, logger, obstacle: changeObstacle, save, signal }))
    .use(partitionRoutes({ swarm, keeper, logger, obstacle: partitionObstacle, save, signal }))
    .use(regionRoutes(regionPaths, signal));
}
