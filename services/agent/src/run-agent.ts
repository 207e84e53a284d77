import { RegionError } from "@swarmlab/scenario/region-error";
import { ListenError } from "@swarmlab/telemetry/http-server";
import { createLogger } from "@swarmlab/telemetry/logger";
import { exitCodes } from "@swarmlab/telemetry/shutdown";
import { type Agent, startAgent } from "./agent.js";
import { openSystemHost } from "./host/system-host.js";
import { BackendError } from "./links/backend-choice.js";
import { type AgentSettings, agentSettings } from "./settings.js";

/** Runs an agent in this process until `shutdown` asks it to end. Returns the exit code. */
export async function runAgent(settings: AgentSettings, shutdown: AbortSignal): Promise<number> {
  const { logLevel: level, logFormat: format } = settings;
  const logger = createLogger({
    name: agentSettings.name,
    level,
    ...(format === undefined ? {} : { format }),
  });
  const host = await openSystemHost(logger);
  try {
    const agent = await startAgent(settings, logger, host, shutdown);
    process.stdout.write(`${readyLine(agent, settings.json)}\n`);
    await aborted(shutdown);
    logger.info({ signal: shutdown.reason }, "closing; links stay as they are");
    await agent.close();
    return exitCodes.success;
  } catch (error) {
    // Asked to stop before it served: that is no failure.
    if (shutdown.aborted) return exitCodes.success;
    const isExplained =
      error instanceof ListenError || error instanceof BackendError || error instanceof RegionError;
    if (isExplained) logger.error(error.message);
    else logger.error({ err: error }, "the agent could not start");
    return exitCodes.failure;
  } finally {
    await host.close();
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

function readyLine({ controlUrl, echo, backend }: Agent, json: boolean): string {
  if (json) return JSON.stringify({ event: "ready", control: controlUrl, echo, backend });
  return `links by ${backend}, API at ${controlUrl}/api/links`;
}
