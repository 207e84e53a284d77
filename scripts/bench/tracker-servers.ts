import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { startBittorrentTracker } from "../foreign/bittorrent-tracker.js";
import { missingOpentracker, startOpentracker } from "../foreign/opentracker.js";
import { startOurTracker } from "../nodes/our-tracker.js";
import type { TrackerServer } from "../nodes/tracker.js";
import type { Host } from "../process/host.js";
import type { Scope } from "../process/scope.js";
import type { AnnounceLoad, SwarmShape } from "./announce-load.js";

export const serverNames = ["ours", "opentracker", "bittorrent-tracker"] as const;
export type ServerName = (typeof serverNames)[number];

/** FIRST_PORT of announce-load/load.h. */
const firstPort = 1024;
/** Long enough that no peer is forgotten while a server is measured. */
const intervalSeconds = 1800;

export interface ServerOptions {
  readonly scope: Scope;
  readonly host: Host;
  readonly load: AnnounceLoad;
  readonly shape: SwarmShape;
}

/** Starts a tracker and gives it all swarms. */
export async function startFilled(name: ServerName, options: ServerOptions): Promise<TrackerServer> {
  const { scope, host, load, shape } = options;
  const directory = await scope.scratchDirectory("tracker");
  switch (name) {
    case "ours":
      return filled(await startOurTracker({ scope, host, directory, intervalSeconds }), load);
    case "opentracker": {
      const missing = missingOpentracker();
      if (missing !== undefined)
        throw new Error(`opentracker is not on this machine (Debian's package ${missing})`);
      return filled(await startOpentracker({ scope, host, infoHashes: load.infoHashes() }), load);
    }
    case "bittorrent-tracker": {
      const infoHashesFile = join(directory, "info-hashes");
      await writeFile(infoHashesFile, load.infoHashes().join("\n"));
      return startBittorrentTracker({ scope, host, infoHashesFile, peersPerSwarm: shape.peers, firstPort });
    }
  }
}

async function filled(tracker: TrackerServer, load: AnnounceLoad): Promise<TrackerServer> {
  const { wrong, refused, lost } = await load.fill(tracker.udpPort);
  if (wrong + refused + lost > 0) {
    throw new Error(
      `${tracker.child.name}: of its peers ${refused} were refused, ${lost} lost, ${wrong} answered wrongly`,
    );
  }
  return tracker;
}
