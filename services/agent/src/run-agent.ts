import type { LinkBackend } from "@swarmlab/agent-api/self-link";
import { RegionError } from "@swarmlab/scenario/region-error";
import { ListenError } from "@swarmlab/telemetry/http-server";
import { createLogger, type Logger } from "@swarmlab/telemetry/logger";
import { exitCodes } from "@swarmlab/telemetry/shutdown";
import { startAgent } from "./agent.js";
import { startEchoAgent } from "./echo/echo-agent.js";
import type { AgentHost } from "./host/agent-host.js";
import { openSystemHost } from "./host/system-host.js";
import { BackendError } from "./links/backend-choice.js";
import { KubernetesApiError } from "./pod/kubernetes-api.js";
import { openPodHost } from "./pod/pod-host.js";
import { PodSettingsError, podSettingsOf } from "./pod/pod-settings.js";
import { type AgentSettings, agentSettings } from "./settings.js";

/** What runs, of whatever scope; an echo server alone makes no links. */
interface Serving {
  readonly backend?: LinkBackend;
  readonly controlUrl: string;
  readonly echo: string;
  close(): Promise<void>;
}

/** Runs an agent in this process until `shutdown` asks it to end. Returns the exit code. */
export async function runAgent(settings: AgentSettings, shutdown: AbortSignal): Promise<number> {
  const { logLevel: level, logFormat: format } = settings;
  const logger = createLogger({
    name: agentSettings.name,
    level,
    ...(format === undefined ? {} : { format }),
  });
  let host: AgentHost | undefined;
  try {
    let agent: Serving;
    if (settings.scope === "echo") {
      agent = await startEchoAgent(settings, logger, shutdown);
    } else {
      host = await openHost(settings, logger);
      agent = await startAgent(settings, logger, host, shutdown);
    }
    process.stdout.write(`${readyLine(agent, settings.json)}\n`);
    await aborted(shutdown);
    logger.info({ signal: shutdown.reason }, "closing; links stay as they are");
    await agent.close();
    return exitCodes.success;
  } catch (error) {
    // Asked to stop before it served: that is no failure.
    if (shutdown.aborted) return exitCodes.success;
    const isExplained =
      error instanceof ListenError ||
      error instanceof BackendError ||
      error instanceof KubernetesApiError ||
      error instanceof PodSettingsError ||
      error instanceof RegionError;
    if (isExplained) logger.error(error.message);
    else logger.error({ err: error }, "the agent could not start");
    return exitCodes.failure;
  } finally {
    await host?.close();
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

function openHost(settings: AgentSettings, logger: Logger): Promise<AgentHost> {
  return settings.scope === "pod"
    ? openPodHost(podSettingsOf(settings), logger)
    : openSystemHost(settings.proc, logger);
}

function readyLine({ controlUrl, echo, backend }: Serving, json: boolean): string {
  if (json) return JSON.stringify({ event: "ready", control: controlUrl, echo, backend });
  if (backend === undefined) return `echo at ${echo}, metrics at ${controlUrl}/metrics`;
  return `links by ${backend}, API at ${controlUrl}/api/links`;
}
