#!/usr/bin/env node
import { shortenNameLookups, shutdownOnSignals } from "@swarmlab/telemetry/shutdown";

const shutdown = shutdownOnSignals();
// In a container, who asked it to stop does not wait for a name server.
if (process.pid === 1) shortenNameLookups();
// All else is large, and is loaded only now that signals are heard; what --help does not need comes last.
const { loadProcessSettings } = await import("@swarmlab/settings/load");
const { trackerSettings } = await import("./settings.js");
const settings = loadProcessSettings(trackerSettings);
if (settings !== undefined) {
  const { runTracker } = await import("./run-tracker.js");
  process.exitCode = await runTracker(settings, shutdown.signal);
}
shutdown.dispose();
