import { linkPaths } from "@swarmlab/agent-api/node-link";
import { ApiError } from "@swarmlab/telemetry/control-app";
import { Router } from "express";
import type { RegionPaths } from "../measurement/region-paths.js";
import { requestSignal } from "./request-signal.js";

/** What lies between regions, declared and measured. */
export function regionRoutes(paths: RegionPaths, agentSignal: AbortSignal): Router {
  const routes = Router();

  routes.get(linkPaths.regions, (_request, response) => {
    response.json(paths.list());
  });

  routes.post(linkPaths.regionMeasurement, async (_request, response) => {
    if (!paths.list().isEmulated) {
      throw new ApiError(409, "NOT_EMULATED", "delays between regions need links that the kernel makes");
    }
    await paths.measure(requestSignal(response, agentSignal));
    response.json(paths.list());
  });

  return routes;
}
