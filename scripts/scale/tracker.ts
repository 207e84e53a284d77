import { connect } from "node:net";
import { defineSettings, type SettingsOf } from "@swarmlab/settings/definition";
import { z } from "zod";
import { AnnounceLoad } from "../bench/announce-load.js";
import { median } from "../bench/statistics.js";
import { trackerSettings as benchSettings, runTracker as benchTracker } from "../bench/tracker.js";
import { startFilled } from "../bench/tracker-servers.js";
import { startOurTracker } from "../nodes/our-tracker.js";
import { loopback } from "../process/host.js";
import { Scope } from "../process/scope.js";
import type { Progress } from "./progress.js";
import type { TrackerRun } from "./results.js";
import { processFigures } from "./system/process-figures.js";

const count = () => z.coerce.number().int().positive();

export const trackerSettings = defineSettings({
  name: "scale tracker",
  summary:
    "How far one tracker goes: announces a second by the generator of `npm run bench -- tracker`, memory, size of answers.",
  version: "1",
  environmentPrefix: "SWARMLAB_SCALE_",
  schema: z.object({
    torrents: count().prefault(1).describe("swarms that the tracker knows"),
    peers: count().max(60_000).prefault(10_000).describe("peers in every swarm"),
    seconds: z.coerce.number().positive().prefault(5).describe("measuring time of a round"),
    rounds: count().prefault(2).describe("rounds for each protocol"),
    json: z.string().optional().describe("file that gets the results; those of other runs in it stay"),
  }),
});

const wanted = 50;
/** BEP 15: an answer's head, and six bytes for each peer. */
const udpAnswerBytes = 20 + 6 * wanted;

export async function runTracker(
  settings: SettingsOf<typeof trackerSettings>,
  progress: Progress,
  scope: Scope,
): Promise<TrackerRun[]> {
  const { torrents, peers, seconds, rounds } = settings;
  const emptyBytes = await emptyTrackerBytes();
  const runs = await benchTracker(
    benchSettings.schema.parse({ torrents, peers, wanted, seconds, rounds, servers: "ours" }),
    scope,
  );
  progress.say("looking at one answer over HTTP");
  const rate = (protocol: "udp" | "http"): number =>
    median(runs.filter((run) => run.protocol === protocol).map(({ validPerSecond }) => validPerSecond));
  const peakBytes = Math.max(...runs.map(({ peakRssBytes }) => peakRssBytes));
  return [
    {
      kind: "tracker",
      torrents,
      peersPerTorrent: peers,
      announcesPerSecond: { udp: rate("udp"), http: rate("http") },
      emptyBytes,
      bytesPerPeer: Math.max(0, peakBytes - emptyBytes) / (torrents * peers),
      answerBytes: { udp: udpAnswerBytes, http: await httpAnswerBytes() },
    },
  ];
}

async function emptyTrackerBytes(): Promise<number> {
  const scope = new Scope();
  try {
    const directory = await scope.scratchDirectory("tracker");
    const { child } = await startOurTracker({ scope, host: loopback, directory });
    return (await processFigures(child.pid)).peakRssBytes;
  } finally {
    await scope.close();
  }
}

/** The length of an answer with {@link wanted} peers, headers included. */
async function httpAnswerBytes(): Promise<number> {
  const scope = new Scope();
  try {
    const shape = { torrents: 1, peers: 1000, wanted };
    const load = AnnounceLoad.build(scope, loopback, shape);
    const tracker = await startFilled("ours", { scope, host: loopback, load, shape });
    const [infoHash = ""] = load.infoHashes();
    const query = new URLSearchParams({
      port: "6881",
      uploaded: "0",
      downloaded: "0",
      left: "1",
      compact: "1",
    });
    const path = `/announce?info_hash=${infoHash.replaceAll(/../g, "%$&")}&peer_id=${"-SL0000-".padEnd(20, "0")}&${query}&numwant=${wanted}`;
    const { hostname, port } = new URL(tracker.baseUrl);
    return await answerLength(hostname, Number(port), path);
  } finally {
    await scope.close();
  }
}

function answerLength(host: string, port: number, path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    let length = 0;
    const socket = connect(port, host);
    socket.on("data", (bytes) => {
      length += bytes.length;
    });
    socket.on("end", () => resolve(length)).on("error", reject);
    socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
  });
}
