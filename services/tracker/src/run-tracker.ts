import { ListenError } from "@swarmlab/telemetry/http-server";
import { createLogger } from "@swarmlab/telemetry/logger";
import { exitCodes } from "@swarmlab/telemetry/shutdown";
import { type TrackerSettings, trackerSettings } from "./settings.js";
import { startTracker, type Tracker } from "./tracker.js";

/** Runs a tracker in this process until `shutdown` asks it to end. Returns the exit code. */
export async function runTracker(settings: TrackerSettings, shutdown: AbortSignal): Promise<number> {
  const { logLevel: level, logFormat: format } = settings;
  const logger = createLogger({
    name: trackerSettings.name,
    level,
    ...(format === undefined ? {} : { format }),
  });
  let tracker: Tracker;
  try {
    tracker = await startTracker(settings, logger, shutdown);
  } catch (error) {
    // Asked to stop before it served: that is no failure.
    if (shutdown.aborted) return exitCodes.success;
    if (error instanceof ListenError) logger.error(error.message);
    else logger.error({ err: error }, "the tracker could not start");
    return exitCodes.failure;
  }
  process.stdout.write(`${readyLine(tracker, settings.json)}\n`);
  await new Promise<void>((resolve) => {
    if (shutdown.aborted) resolve();
    shutdown.addEventListener("abort", () => resolve(), { once: true });
  });
  logger.info({ signal: shutdown.reason }, "closing");
  await tracker.close();
  return exitCodes.success;
}

function readyLine({ httpUrl, udpUrl, controlUrl }: Tracker, json: boolean): string {
  if (json) return JSON.stringify({ event: "ready", http: httpUrl, udp: udpUrl, control: controlUrl });
  return `announce to ${httpUrl}/announce or ${udpUrl}/announce, catalogue at ${controlUrl}/api/torrents`;
}
