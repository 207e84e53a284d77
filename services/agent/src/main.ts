#!/usr/bin/env node
import { shortenNameLookups, shutdownOnSignals } from "@swarmlab/telemetry/shutdown";

const shutdown = shutdownOnSignals();
// Who asked it to stop does not wait for a name server.
shortenNameLookups();
// All else is large, and is loaded only now that signals are heard; what --help does not need comes last.
const { loadProcessSettings } = await import("@swarmlab/settings/load");
const { agentSettings } = await import("./settings.js");
const settings = loadProcessSettings(agentSettings);
if (settings !== undefined) {
  const { runAgent } = await import("./run-agent.js");
  process.exitCode = await runAgent(settings, shutdown.signal);
}
shutdown.dispose();
