import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { TrackerServer } from "../nodes/tracker.js";
import { commandOn, type Host } from "../process/host.js";
import { eventNamed, textField } from "../process/json-lines.js";
import type { Scope } from "../process/scope.js";
import { cachedPackage } from "./cached-packages.js";

const script = fileURLToPath(new URL("bittorrent-tracker-server.mjs", import.meta.url));
const neededNode = 22;
const heapMebibytes = 14_000;

export interface BittorrentTrackerOptions {
  readonly scope: Scope;
  readonly host: Host;
  /** Every line is the info hash, in hexadecimal, of a swarm to begin with. */
  readonly infoHashesFile: string;
  readonly peersPerSwarm: number;
  /** Ports of the peers in a swarm count up from here. */
  readonly firstPort: number;
}

/** Starts the server of npm's `bittorrent-tracker` on 127.0.0.1, its swarms filled. */
export async function startBittorrentTracker(options: BittorrentTrackerOptions): Promise<TrackerServer> {
  const child = await options.scope.start({
    name: "bittorrent-tracker",
    command: commandOn(
      options.host,
      newNode(),
      `--max-old-space-size=${heapMebibytes}`,
      script,
      cachedPackage("bittorrent-tracker", "11"),
      options.infoHashesFile,
      `${options.peersPerSwarm}`,
      `${options.firstPort}`,
    ),
  });
  const ready = await child.waitForLine("its swarms were filled", 600_000, eventNamed("ready"));
  const baseUrl = textField(ready, "http");
  return {
    child,
    baseUrl,
    announceUrl: `${baseUrl}/announce`,
    udpPort: Number(new URL(textField(ready, "udp")).port),
  };
}

/** A Node that is new enough: this one, or the binary in an npm package. */
function newNode(): string {
  if (Number.parseInt(process.versions.node, 10) >= neededNode) return process.execPath;
  return join(cachedPackage(`node-linux-${process.arch}`, "24"), "bin", "node");
}
