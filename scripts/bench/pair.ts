import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { defineSettings, type SettingsOf } from "@swarmlab/settings/definition";
import { byteSize } from "@swarmlab/settings/units";
import { z } from "zod";
import { assertSameContent } from "../content/compare-content.js";
import { makeTorrent, type Torrent } from "../content/torrent.js";
import { writeContent } from "../content/write-content.js";
import type { BitTorrentClient, ClientNode } from "../nodes/client.js";
import { startOurTracker } from "../nodes/our-tracker.js";
import { type TrackerServer, untilSeedersAnnounced } from "../nodes/tracker.js";
import { loopback } from "../process/host.js";
import { Scope } from "../process/scope.js";
import { tcpEntries } from "../process/tcp-table.js";
import { clientList } from "./clients.js";
import { memoryFolder } from "./shared-memory.js";
import { median } from "./statistics.js";
import { formatTable } from "./table.js";

export const pairSettings = defineSettings({
  name: "bench pair",
  summary: "One file from one seeder process to one leecher process over loopback, on files in memory.",
  version: "1",
  environmentPrefix: "SWARMLAB_BENCH_",
  schema: z.object({
    size: byteSize().prefault("1GiB").describe("size of the file"),
    pieceLength: byteSize().prefault("1MiB").describe("piece length, a power of two"),
    rounds: z.coerce.number().int().positive().prefault(3).describe("how often each client runs, in turn"),
    clients: clientList().describe("who is measured"),
    timeoutSeconds: z.coerce.number().positive().prefault(300).describe("what one transfer may take"),
    jsonOut: z.string().optional().describe("file for the results as JSON"),
  }),
});

interface PairRun {
  readonly client: string;
  readonly round: number;
  /** From the start of the leecher's process until it says that all is there and verified. */
  readonly launchToCompleteSeconds: number;
  /** From the first connection between the two until then. */
  readonly connectedToCompleteSeconds: number;
  readonly leecherPeakRssBytes: number;
  readonly seederPeakRssBytes: number;
}

export async function runPair(settings: SettingsOf<typeof pairSettings>, scope: Scope): Promise<PairRun[]> {
  const folder = await scope.scratchDirectory("pair", memoryFolder(2 * settings.size + 2 ** 28));
  const content = join(folder, "content");
  console.log(`writing ${settings.size} bytes to ${content}`);
  await writeContent(join(content, "payload"), settings.size, "bench pair");
  const tracker = await startOurTracker({ scope, host: loopback, directory: join(folder, "catalogue") });
  const torrent = await makeTorrent({
    contentPath: join(content, "payload"),
    torrentFile: join(folder, "payload.torrent"),
    announceUrl: tracker.announceUrl,
    pieceLengthBytes: settings.pieceLength,
  });
  const runs: PairRun[] = [];
  for (let round = 1; round <= settings.rounds; round++) {
    for (const client of settings.clients) {
      const run = await measure(
        client,
        round,
        { folder, content, torrent, tracker },
        settings.timeoutSeconds * 1000,
      );
      console.log(
        `round ${round}  ${client.name.padEnd(11)} ${run.launchToCompleteSeconds.toFixed(2)} s from launch, ` +
          `${run.connectedToCompleteSeconds.toFixed(2)} s from connection`,
      );
      runs.push(run);
    }
  }
  console.log(`\n${summarize(runs, settings.size)}`);
  return runs;
}

interface Scene {
  readonly folder: string;
  readonly content: string;
  readonly torrent: Torrent;
  readonly tracker: TrackerServer;
}

async function measure(
  client: BitTorrentClient,
  round: number,
  scene: Scene,
  timeoutMs: number,
): Promise<PairRun> {
  const scope = new Scope();
  try {
    const directory = await scope.scratchDirectory("copy", scene.folder);
    const seederState = join(directory, "seeder-state");
    const leecherState = join(directory, "leecher-state");
    const copy = join(directory, "copy");
    await Promise.all([mkdir(seederState), mkdir(leecherState), mkdir(copy)]);
    const shared = { scope, host: loopback, announceUrl: scene.tracker.announceUrl };
    const torrentFile = scene.torrent.file;
    const seeder = await client.seed({
      ...shared,
      stateDirectory: seederState,
      torrentFile,
      directory: scene.content,
    });
    await seeder.ready(timeoutMs);
    await untilSeedersAnnounced(scene.tracker, scene.torrent.infoHash, 1, timeoutMs);
    const leecher = await client.leech({
      ...shared,
      stateDirectory: leecherState,
      torrent: torrentFile,
      directory: copy,
    });
    const complete = leecher.complete(timeoutMs).then(() => performance.now());
    const connectedMs = await Promise.race([untilConnected(seeder, leecher), complete]);
    const completeMs = await complete;
    const run = {
      client: client.name,
      round,
      launchToCompleteSeconds: (completeMs - leecher.child.startedMs) / 1000,
      connectedToCompleteSeconds: (completeMs - connectedMs) / 1000,
      leecherPeakRssBytes: leecher.child.peakRssBytes(),
      seederPeakRssBytes: seeder.child.peakRssBytes(),
    };
    await Promise.all([leecher.stop(), seeder.stop()]);
    await assertSameContent(join(scene.content, scene.torrent.name), join(copy, scene.torrent.name));
    return run;
  } finally {
    await scope.close();
  }
}

/** When the first connection between the two was there, whoever of them opened it. */
async function untilConnected(seeder: ClientNode, leecher: ClientNode): Promise<number> {
  const ports = [seeder.endpoint.port, leecher.endpoint.port];
  while (leecher.child.running) {
    const entries = tcpEntries(leecher.child.pid);
    if (entries.some((entry) => entry.state === "established" && ports.includes(entry.remotePort))) break;
    await sleep(5);
  }
  return performance.now();
}

function summarize(runs: readonly PairRun[], sizeBytes: number): string {
  const names = [...new Set(runs.map((run) => run.client))];
  const of = (client: string, figure: (run: PairRun) => number): number =>
    median(runs.filter((run) => run.client === client).map(figure));
  const rate = (client: string, figure: (run: PairRun) => number): number =>
    sizeBytes / 1e6 / of(client, figure);
  const fromLaunch = (client: string): number => rate(client, (run) => run.launchToCompleteSeconds);
  const fromConnection = (client: string): number => rate(client, (run) => run.connectedToCompleteSeconds);
  const mebibytes = (bytes: number): string => (bytes / 2 ** 20).toFixed(0);
  const table = formatTable(
    ["client (medians)", "MB/s launch", "MB/s connected", "leecher MiB", "seeder MiB"],
    names.map((name) => [
      name,
      fromLaunch(name).toFixed(1),
      fromConnection(name).toFixed(1),
      mebibytes(of(name, (run) => run.leecherPeakRssBytes)),
      mebibytes(of(name, (run) => run.seederPeakRssBytes)),
    ]),
  );
  const [first, ...others] = names;
  const ratios = others.map((other) => {
    const ratio = (figure: (client: string) => number): string =>
      (figure(first ?? other) / figure(other)).toFixed(2);
    return `${first} / ${other}: ${ratio(fromLaunch)} from launch, ${ratio(fromConnection)} from connection`;
  });
  const notes = [
    "launch: from the start of the leecher's process to its complete and verified copy;",
    "connected: from the first connection between the two. MiB: peak resident memory (VmHWM), which counts",
    "the mapped pages of files for a client that maps them (libtorrent).",
  ];
  return [table, ...ratios, ...notes].join("\n");
}
