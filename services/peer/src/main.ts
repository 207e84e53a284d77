#!/usr/bin/env node
import { shortenNameLookups, shutdownOnSignals } from "@swarmlab/telemetry/shutdown";

const shutdown = shutdownOnSignals();
// In a container, who asked it to stop does not wait for a name server.
if (process.pid === 1) shortenNameLookups();
// All else is large, and is loaded only now that signals are heard; what --help does not need comes last.
const { loadProcessSettings } = await import("@swarmlab/settings/load");
const { peerSettings } = await import("./settings.js");
const settings = loadProcessSettings(peerSettings);
if (settings !== undefined) {
  const { runPeer } = await import("./run-peer.js");
  process.exit(await runPeer(settings, shutdown.signal));
}
