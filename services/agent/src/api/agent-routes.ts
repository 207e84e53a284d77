import type { Logger } from "@swarmlab/telemetry/logger";
import { Router } from "express";
import type { EchoServer } from "../echo/echo-server.js";
import type { LinkService } from "../link-service.js";
import { linkRoutes } from "./link-routes.js";
import { readOnlyForNodes } from "./node-access.js";
import { partitionRoutes } from "./partition-routes.js";
import { regionRoutes } from "./region-routes.js";
import { selfRoutes } from "./self-routes.js";

/** The whole API: what nodes ask about themselves, and what people and tools read and change. */
export function agentRoutes(service: LinkService, echo: EchoServer, logger: Logger): Router {
  const { swarm, keeper, measurer, queues, place, regionPaths, partitionObstacle, signal } = service;
  const save = () => service.save();
  const echoForNodes = () => {
    const host = isAnyAddress(echo.host) ? place.address?.address : echo.host;
    return host === undefined ? null : { host, port: echo.port };
  };
  return Router()
    .use(selfRoutes({ swarm, measurer, echo: echoForNodes, signal }))
    .use(readOnlyForNodes(swarm))
    .use(linkRoutes({ swarm, keeper, measurer, queues, logger, save, signal }))
    .use(partitionRoutes({ swarm, keeper, logger, obstacle: partitionObstacle, save, signal }))
    .use(regionRoutes(regionPaths, signal));
}

function isAnyAddress(host: string): boolean {
  return host === "::" || host === "0.0.0.0";
}
