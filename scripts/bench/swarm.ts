import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { distributionBound } from "@swarmlab/scenario/bounds";
import { payloadBitsPerSecond } from "@swarmlab/scenario/frame";
import { defineSettings, type SettingsOf } from "@swarmlab/settings/definition";
import { bitRate, byteSize } from "@swarmlab/settings/units";
import { z } from "zod";
import { assertSameContent } from "../content/compare-content.js";
import { makeTorrent, type Torrent } from "../content/torrent.js";
import { writeContent } from "../content/write-content.js";
import { createLab, type NetnsLab } from "../netns/lab.js";
import type { BitTorrentClient, ClientNode } from "../nodes/client.js";
import { startOurTracker } from "../nodes/our-tracker.js";
import { untilSeedersAnnounced } from "../nodes/tracker.js";
import { Scope } from "../process/scope.js";
import { clientList } from "./clients.js";
import { median } from "./statistics.js";
import { formatTable } from "./table.js";

export const swarmSettings = defineSettings({
  name: "bench swarm",
  summary:
    "One seeder and some leechers, all there from the start, each in a network namespace with a limited uplink.",
  version: "1",
  environmentPrefix: "SWARMLAB_BENCH_",
  schema: z.object({
    size: byteSize().prefault("64MiB").describe("size of the file"),
    leechers: z.coerce.number().int().min(1).max(200).prefault(10).describe("how many leechers"),
    up: bitRate()
      .pipe(z.number())
      .prefault("16mbit")
      .describe("rate of every uplink (HTB); downlinks are not limited"),
    pieceLength: byteSize().prefault("256KiB").describe("piece length, a power of two"),
    rounds: z.coerce.number().int().positive().prefault(3).describe("how often each client runs, in turn"),
    clients: clientList().describe("who is measured; every swarm is of one client"),
    timeoutSeconds: z.coerce.number().positive().prefault(600).describe("what one swarm may take"),
    jsonOut: z.string().optional().describe("file for the results as JSON"),
  }),
});

type Settings = SettingsOf<typeof swarmSettings>;

/** One port for the trackers of all rounds, so that one torrent serves them all. */
const trackerPort = 6969;
const firstPayloadBytes = 64 * 1024;

interface SwarmRun {
  readonly client: string;
  readonly round: number;
  /** When each leecher was complete, in seconds since the launch of the leechers' processes; sorted. */
  readonly completeSeconds: readonly number[];
  /** The last of them. */
  readonly lastSeconds: number;
  /** The same, counted from the moment when the seeder had sent 64 KiB. */
  readonly lastSecondsFromFirstPayload: number;
  /** The lower bound over `lastSeconds`. */
  readonly efficiency: number;
  /** Each node's part of all bytes sent, headers included; the seeder is the first. */
  readonly uploadShares: readonly number[];
}

interface Scene {
  readonly lab: NetnsLab;
  readonly folder: string;
  readonly content: string;
  readonly torrent: Torrent;
  readonly settings: Settings;
  readonly boundSeconds: number;
}

/** Needs to be isolated: see `runIsolated`. */
export async function runSwarm(settings: Settings, scope: Scope): Promise<SwarmRun[]> {
  const folder = await scope.scratchDirectory("swarm");
  const content = join(folder, "content");
  await writeContent(join(content, "payload"), settings.size, "bench swarm");
  const lab = await createLab({ members: settings.leechers + 1, upBitsPerSecond: settings.up });
  const torrent = await makeTorrent({
    contentPath: join(content, "payload"),
    torrentFile: join(folder, "payload.torrent"),
    announceUrl: `http://${lab.root.address}:${trackerPort}/announce`,
    pieceLengthBytes: settings.pieceLength,
  });
  const bound = boundOf(settings, settings.up);
  const scene = { lab, folder, content, torrent, settings, boundSeconds: bound.seconds };
  console.log(
    `bound ${bound.seconds.toFixed(2)} s (${bound.bindingTerm}); clock from the launch of the leechers`,
  );
  const runs: SwarmRun[] = [];
  for (let round = 1; round <= settings.rounds; round++) {
    for (const client of settings.clients) runs.push(await measure(client, round, scene));
  }
  console.log(`\n${summarize(runs, settings, bound.seconds)}`);
  return runs;
}

async function measure(client: BitTorrentClient, round: number, scene: Scene): Promise<SwarmRun> {
  const { lab, torrent, settings } = scene;
  const timeoutMs = settings.timeoutSeconds * 1000;
  const scope = new Scope();
  try {
    const folder = await scope.scratchDirectory("round", scene.folder);
    const [seederHost, ...leecherHosts] = lab.members;
    if (seederHost === undefined) throw new RangeError("a lab without members");
    const tracker = await startOurTracker({
      scope,
      host: lab.root,
      directory: join(folder, "catalogue"),
      port: trackerPort,
    });
    const shared = { scope, announceUrl: tracker.announceUrl };
    const stateDirectory = await makeFolder(folder, "seeder-state");
    const seeder = await client.seed({
      ...shared,
      host: seederHost,
      stateDirectory,
      torrentFile: torrent.file,
      directory: scene.content,
    });
    await seeder.ready(timeoutMs);
    await untilSeedersAnnounced(tracker, torrent.infoHash, 1, timeoutMs);

    const sentBefore = await lab.sentBytes();
    const launchedMs = performance.now();
    const firstPayload = untilFirstPayload(lab, sentBefore[0] ?? 0, seeder);
    const completeSeconds = await Promise.all(
      leecherHosts.map(async (host, index) => {
        const leecher = await client.leech({
          ...shared,
          host,
          stateDirectory: await makeFolder(folder, `leecher-state-${index}`),
          torrent: torrent.file,
          directory: await makeFolder(folder, `copy-${index}`),
        });
        await leecher.complete(timeoutMs);
        return (performance.now() - launchedMs) / 1000;
      }),
    );
    const sent = (await lab.sentBytes()).map((bytes, index) => bytes - (sentBefore[index] ?? 0));
    const firstPayloadSeconds = ((await firstPayload) - launchedMs) / 1000;
    const lastSeconds = Math.max(...completeSeconds);
    for (const index of leecherHosts.keys()) {
      await assertSameContent(join(scene.content, torrent.name), join(folder, `copy-${index}`, torrent.name));
    }
    console.log(
      `round ${round}  ${client.name.padEnd(11)} last leecher ${lastSeconds.toFixed(2)} s, ` +
        `${(lastSeconds / scene.boundSeconds).toFixed(3)} of the bound`,
    );
    const allSent = sent.reduce((sum, bytes) => sum + bytes, 0);
    return {
      client: client.name,
      round,
      completeSeconds: completeSeconds.toSorted((a, b) => a - b),
      lastSeconds,
      lastSecondsFromFirstPayload: lastSeconds - firstPayloadSeconds,
      efficiency: scene.boundSeconds / lastSeconds,
      uploadShares: sent.map((bytes) => bytes / allSent),
    };
  } finally {
    await scope.close();
  }
}

async function makeFolder(parent: string, name: string): Promise<string> {
  const path = join(parent, name);
  await mkdir(path);
  return path;
}

async function untilFirstPayload(lab: NetnsLab, before: number, seeder: ClientNode): Promise<number> {
  while (seeder.child.running) {
    const [sent = 0] = await lab.sentBytes();
    if (sent - before >= firstPayloadBytes) break;
    await sleep(20);
  }
  return performance.now();
}

function boundOf(settings: Settings, upBitsPerSecond: number, pieceCount?: number) {
  return distributionBound({
    fileBytes: settings.size,
    seederUpBitsPerSecond: upBitsPerSecond,
    leechers: Array.from({ length: settings.leechers }, () => ({ upBitsPerSecond })),
    ...(pieceCount === undefined ? {} : { pieceCount }),
  });
}

function summarize(runs: readonly SwarmRun[], settings: Settings, boundSeconds: number): string {
  const names = [...new Set(runs.map((run) => run.client))];
  const table = formatTable(
    [
      "client (medians)",
      "last s",
      "of bound",
      "from 1st payload",
      "first leecher s",
      "seeder's share",
      "leechers' shares",
    ],
    names.map((name) => {
      const mine = runs.filter((run) => run.client === name);
      const of = (figure: (run: SwarmRun) => number): number => median(mine.map(figure));
      const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
      const least = of((run) => Math.min(...run.uploadShares.slice(1)));
      const most = of((run) => Math.max(...run.uploadShares.slice(1)));
      return [
        name,
        of((run) => run.lastSeconds).toFixed(2),
        of((run) => run.lastSeconds / boundSeconds).toFixed(3),
        of((run) => run.lastSecondsFromFirstPayload / boundSeconds).toFixed(3),
        of((run) => run.completeSeconds[0] ?? Number.NaN).toFixed(2),
        percent(of((run) => run.uploadShares[0] ?? Number.NaN)),
        `${percent(least)} to ${percent(most)}`,
      ];
    }),
  );
  const pieceCount = Math.ceil(settings.size / settings.pieceLength);
  const inPieces = boundOf(settings, settings.up, pieceCount).seconds / boundSeconds;
  const inFrames = boundOf(settings, payloadBitsPerSecond(settings.up), pieceCount).seconds / boundSeconds;
  return [
    table,
    `bound ${boundSeconds.toFixed(2)} s (Kumar and Ross). The optimum in ${pieceCount} pieces is ${inPieces.toFixed(3)} of it,`,
    `or ${inFrames.toFixed(3)} when the headers of full frames are counted (Mundinger, Weber and Weiss).`,
    "Shares are of all bytes sent, headers and requests included. All clients had our tracker.",
  ].join("\n");
}
