#!/usr/bin/env node
import { loadProcessSettings } from "@swarmlab/settings/load";
import { ListenError } from "@swarmlab/telemetry/http-server";
import { createLogger } from "@swarmlab/telemetry/logger";
import { exitCodes, shutdownOnSignals } from "@swarmlab/telemetry/shutdown";
import { type TrackerSettings, trackerSettings } from "./settings.js";
import { startTracker, type Tracker } from "./tracker.js";

const settings = loadProcessSettings(trackerSettings);
if (settings !== undefined) process.exitCode = await run(settings);

async function run(settings: TrackerSettings): Promise<number> {
  const logger = createLogger({ name: trackerSettings.name, level: settings.logLevel });
  let tracker: Tracker;
  try {
    tracker = await startTracker(settings, logger);
  } catch (error) {
    if (error instanceof ListenError) logger.error(error.message);
    else logger.error({ err: error }, "the tracker could not start");
    return exitCodes.failure;
  }
  const shutdown = shutdownOnSignals();
  process.stdout.write(`${readyLine(tracker, settings.json)}\n`);
  await new Promise<void>((resolve) => {
    if (shutdown.signal.aborted) resolve();
    shutdown.signal.addEventListener("abort", () => resolve(), { once: true });
  });
  logger.info({ signal: shutdown.signal.reason }, "closing");
  await tracker.close();
  shutdown.dispose();
  return exitCodes.success;
}

function readyLine({ httpUrl, udpUrl, controlUrl }: Tracker, json: boolean): string {
  if (json) return JSON.stringify({ event: "ready", http: httpUrl, udp: udpUrl, control: controlUrl });
  return `announce to ${httpUrl}/announce or ${udpUrl}/announce, catalogue at ${controlUrl}/api/torrents`;
}
