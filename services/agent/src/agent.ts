import { readFile } from "node:fs/promises";
import type { LinkBackend, SelfLink } from "@swarmlab/agent-api/self-link";
import { CITY_REGIONS } from "@swarmlab/scenario/city-regions";
import { RegionError } from "@swarmlab/scenario/region-error";
import { parseRegionMatrix, type RegionMatrix } from "@swarmlab/scenario/regions";
import { formatSocketAddress } from "@swarmlab/settings/addresses";
import { type ControlServer, startControlServer } from "@swarmlab/telemetry/control-server";
import { hostNames, localAddress } from "@swarmlab/telemetry/local-address";
import type { Logger } from "@swarmlab/telemetry/logger";
import { createRegistry } from "@swarmlab/telemetry/registry";
import { agentRoutes } from "./api/agent-routes.js";
import { dockerScope } from "./docker/docker-scope.js";
import { OwnPlace } from "./docker/own-place.js";
import { type EchoServer, startEchoServer } from "./echo/echo-server.js";
import type { AgentHost } from "./host/agent-host.js";
import { LinkService, type LinkServiceTimings } from "./link-service.js";
import { chooseBackend } from "./links/backend-choice.js";
import { KubernetesApi } from "./pod/kubernetes-api.js";
import { podScope } from "./pod/pod-scope.js";
import { podSettingsOf } from "./pod/pod-settings.js";
import { type AgentSettings, version } from "./settings.js";

/** An agent that serves. */
export interface Agent {
  readonly backend: LinkBackend;
  /** `http://ADDR:PORT` of API, metrics and health. */
  readonly controlUrl: string;
  /** `ADDR:PORT` of the echo server; in a pod `HOST:PORT` of the one elsewhere. */
  readonly echo: string;
  /** Leaves all links as they are. */
  close(): Promise<void>;
}

export const defaultTimings: LinkServiceTimings = {
  listEveryMs: 30_000,
  readAnnotationsEveryMs: 1_000,
  verifyEveryMs: 30_000,
  firstMeasurementRetryMs: 2_000,
};

/**
 * Chooses what makes links, opens all sockets, and begins to look for nodes; Docker need not be there yet. Rejects with a
 * BackendError, KubernetesApiError, PodSettingsError, RegionError or ListenError, or with the signal's reason.
 */
export async function startAgent(
  settings: AgentSettings,
  logger: Logger,
  host: AgentHost,
  signal: AbortSignal,
  timings: LinkServiceTimings = defaultTimings,
): Promise<Agent> {
  const pod = settings.scope === "pod" ? podSettingsOf(settings) : undefined;
  const regions = await readRegions(settings.regions);
  const abilities = await host.abilities(signal);
  const backend = chooseBackend(settings.linkBackend, abilities, logger);
  const controlAddress = await localAddress(settings.control, { logger, signal });
  const place = new OwnPlace(logger);
  const api = settings.kubernetesRegions ? KubernetesApi.ofPod(process.env) : undefined;
  const scope =
    pod === undefined
      ? dockerScope(settings, place, timings.listEveryMs, logger)
      : podScope({ pod, api, readEveryMs: timings.readAnnotationsEveryMs, logger });
  const registry = createRegistry({ service: "agent", version });
  const service = await LinkService.open({
    settings,
    logger,
    registry,
    scope,
    kernel: host.links,
    probes: host.probes(place),
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
    if (pod === undefined)
      echo = await startEchoServer(await localAddress(settings.echo, { logger, signal }));
    const echoForNodes = () => (echo === undefined ? (pod?.echoServer ?? null) : echoAt(echo, place));
    control = await startControlServer(controlAddress, {
      logger,
      registry,
      checks: service.checks,
      allowedHosts: [...settings.allowHost, ...hostNames([settings.control])],
      routes: agentRoutes(service, echoForNodes, logger),
    });
    service.start();
    const echoAddress = echo ?? pod?.echoServer;
    const echoText = echoAddress === undefined ? "" : formatSocketAddress(echoAddress);
    return { backend, controlUrl: control.url, echo: echoText, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Where nodes find an echo server of our own; null while it is on all addresses, and the swarm's is not known. */
function echoAt({ host, port }: EchoServer, place: OwnPlace): SelfLink["echo"] {
  const isAnyAddress = host === "::" || host === "0.0.0.0";
  const reachable = isAnyAddress ? place.address?.address : host;
  return reachable === undefined ? null : { host: reachable, port };
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
