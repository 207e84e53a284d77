import { readFile } from "node:fs/promises";
import type { LinkBackend } from "@swarmlab/agent-api/self-link";
import { CITY_REGIONS } from "@swarmlab/scenario/city-regions";
import { RegionError } from "@swarmlab/scenario/region-error";
import { parseRegionMatrix, type RegionMatrix } from "@swarmlab/scenario/regions";
import { formatSocketAddress } from "@swarmlab/settings/addresses";
import { type ControlServer, startControlServer } from "@swarmlab/telemetry/control-server";
import { hostNames, localAddress } from "@swarmlab/telemetry/local-address";
import type { Logger } from "@swarmlab/telemetry/logger";
import { createRegistry } from "@swarmlab/telemetry/registry";
import { agentRoutes } from "./api/agent-routes.js";
import { type EchoServer, startEchoServer } from "./echo/echo-server.js";
import type { AgentHost } from "./host/agent-host.js";
import { LinkService, type LinkServiceTimings } from "./link-service.js";
import { chooseBackend } from "./links/backend-choice.js";
import { type AgentSettings, version } from "./settings.js";

/** An agent that serves. */
export interface Agent {
  readonly backend: LinkBackend;
  /** `http://ADDR:PORT` of API, metrics and health. */
  readonly controlUrl: string;
  /** `ADDR:PORT` of the echo server. */
  readonly echo: string;
  /** Leaves all links as they are. */
  close(): Promise<void>;
}

export const defaultTimings: LinkServiceTimings = {
  listEveryMs: 30_000,
  verifyEveryMs: 30_000,
  firstMeasurementRetryMs: 2_000,
};

/**
 * Chooses what makes links, opens all sockets, and begins to watch Docker, which need not be there yet. Rejects with a
 * BackendError, RegionError or ListenError, or with the signal's reason.
 */
export async function startAgent(
  settings: AgentSettings,
  logger: Logger,
  host: AgentHost,
  signal: AbortSignal,
  timings: LinkServiceTimings = defaultTimings,
): Promise<Agent> {
  const regions = await readRegions(settings.regions);
  const abilities = await host.abilities(signal);
  const backend = chooseBackend(settings.linkBackend, abilities, logger);
  const controlAddress = await localAddress(settings.control, { logger, signal });
  const echoAddress = await localAddress(settings.echo, { logger, signal });
  const registry = createRegistry({ service: "agent", version });
  const service = await LinkService.open({
    settings,
    logger,
    registry,
    host,
    backend,
    abilities,
    regions,
    timings,
  });
  let echo: EchoServer | undefined;
  let control: ControlServer | undefined;
  const close = async () => {
    await Promise.all([service.close(), control?.close(), echo?.close()]);
  };
  try {
    echo = await startEchoServer(echoAddress);
    control = await startControlServer(controlAddress, {
      logger,
      registry,
      checks: service.checks,
      allowedHosts: [...settings.allowHost, ...hostNames([settings.control])],
      routes: agentRoutes(service, echo, logger),
    });
    service.start();
    return { backend, controlUrl: control.url, echo: formatSocketAddress(echo), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function readRegions(file: string | undefined): Promise<RegionMatrix> {
  if (file === undefined) return CITY_REGIONS;
  try {
    return parseRegionMatrix(await readFile(file, "utf8"), file);
  } catch (error) {
    const code = error instanceof RegionError ? error.code : "BAD_MATRIX";
    throw new RegionError(code, `${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
