#!/usr/bin/env node
import { loadProcessSettings } from "@swarmlab/settings/load";
import { peerSettings } from "./settings.js";

const settings = loadProcessSettings(peerSettings);
if (settings !== undefined) {
  // What --help does not need is loaded only now.
  const { runPeer } = await import("./run-peer.js");
  process.exit(await runPeer(settings));
}
