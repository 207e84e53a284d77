import { availableParallelism } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { distributionBound, type NodeRates } from "@swarmlab/scenario/bounds";
import { payloadBitsPerSecond } from "@swarmlab/scenario/frame";
import { parseLink } from "@swarmlab/scenario/link";
import { catalogueListSchema, cataloguePaths } from "@swarmlab/tracker-protocol/catalogue";
import { median } from "../bench/statistics.js";
import { eventually } from "../e2e-docker/compose-project.js";
import type { Progress } from "./progress.js";
import type { SwarmRun } from "./results.js";
import { getPatiently } from "./swarm/get-patiently.js";
import { type MeasuredPeer, metricSeries, peerState } from "./swarm/measured-peer.js";
import type { MeasuredSwarm, SwarmShape } from "./swarm/measured-swarm.js";
import { severalAtATime } from "./swarm/several-at-a-time.js";
import { type HostFigures, hostFigures } from "./system/host-figures.js";
import { fullest, hostOccupancy, neighbourTableOverflows, openFileLimit } from "./system/host-limits.js";
import { type ProcessFigures, processFigures } from "./system/process-figures.js";

export interface MeasureOptions {
  readonly shape: SwarmShape;
  readonly timeoutMs: number;
  /** How long the complete swarm is watched. */
  readonly idleMs: number;
  readonly progress: Progress;
}

const mebibyte = 2 ** 20;
const quietMs = 2_000;
const lookEveryMs = 2_000;
/** So many peers are looked into while the content is on its way, so that looking costs little. */
const sampledPeers = 15;
const asksAtATime = 16;
const onDiskMs = 60_000;

/**
 * Runs one swarm and measures what it costs. The leechers come first and wait for the torrent, so that all are there
 * when the seeder joins, as the bound assumes.
 */
export async function measureSwarm(swarm: MeasuredSwarm, options: MeasureOptions): Promise<SwarmRun> {
  const { shape, progress } = options;
  const watch = new HostWatch();
  const otherLoad = await loadOf(quietMs);
  const overflowsBefore = await neighbourTableOverflows();
  progress.say(`${shape.peers} ${swarm.kind}: starting the tracker`);
  await swarm.startServices();
  await watch.begin();

  const startedMs = performance.now();
  const first = await swarm.startLeechers(1);
  progress.say(`starting ${shape.peers - 2} more leechers`);
  const crowdMs = performance.now();
  const others = await swarm.startLeechers(shape.peers - 1);
  const allSeconds = (performance.now() - startedMs) / 1000;
  const leechers = [...first, ...others];
  progress.say(`all are ready after ${allSeconds.toFixed(1)} s, ${seconds(crowdMs)} of it for the crowd`);
  const ready = await figuresOf(leechers.slice(0, sampledPeers));

  const cpuBefore = await cpuOf(swarm, leechers);
  const seeder = await swarm.startSeeder();
  const peers = [seeder, ...leechers];
  const transfer = await watchTransfer(swarm, peers, watch, options);
  const complete = await figuresOf(peers);
  const cpuAfter = await cpuOf(swarm, peers);
  const times = await completionTimes(seeder, leechers, swarm.leechersFreeMs);
  await watch.look();
  progress.say(
    `all have everything ${Math.max(...times).toFixed(1)} s after the seeder joined; watching them idle`,
  );

  const idle = await watchIdle(swarm, peers, options.idleMs);
  const transferCpu = cpuAfter - cpuBefore;
  const leecherMebibytes = (leechers.length * shape.sizeBytes) / mebibyte;
  const starts = others.length > 0 ? others : first;
  const containerBytes = await Promise.all(peers.map((peer) => swarm.containerBytes(peer)));
  const isContained = containerBytes.every((bytes) => bytes !== undefined);
  return {
    kind: swarm.kind,
    peers: shape.peers,
    sizeBytes: shape.sizeBytes,
    link: shape.link,
    startup: {
      aloneSeconds: meanOf(first, ({ startSeconds }) => startSeconds),
      atATime: swarm.atATime,
      processors: availableParallelism(),
      medianSeconds: median(starts.map(({ startSeconds }) => startSeconds)),
      slowestSeconds: Math.max(...starts.map(({ startSeconds }) => startSeconds)),
      allSeconds,
      cpuSecondsPerPeer: mean(leechers.flatMap(({ startCpuSeconds }) => startCpuSeconds ?? [])),
    },
    transfer: {
      medianSeconds: median(times),
      lastSeconds: Math.max(...times),
      boundSeconds: boundSeconds(shape, transfer.pieceCount),
      cpuSecondsPerPeer: transferCpu / peers.length,
      cpuSecondsPerMebibyte: transferCpu / leecherMebibytes,
      connectionsPerPeer: transfer.connectionsPerPeer,
    },
    idle,
    memory: {
      readyPssBytes: meanOf(ready, ({ pssBytes }) => pssBytes),
      transferPssBytes: transfer.pssBytes,
      completePssBytes: meanOf(complete, ({ pssBytes }) => pssBytes),
      peakRssBytes: meanOf(complete, ({ peakRssBytes }) => peakRssBytes),
      cgroupBytes: isContained ? mean(containerBytes) : null,
      hostBytesPerPeer: watch.takenBytes / peers.length,
    },
    perPeer: {
      threads: meanOf(complete, ({ threads }) => threads),
      fileHandles: transfer.fileHandles,
      sockets: transfer.sockets,
      inotifyInstances: meanOf(complete, ({ inotifyInstances }) => inotifyInstances),
      metricSeries: await metricSeries(leechers[0] ?? seeder),
      openFileLimit: await openFileLimit(seeder.pid),
    },
    services: await swarm.services(),
    limits: watch.limits,
    neighbourTableOverflows: (await neighbourTableOverflows()) - overflowsBefore,
    otherLoad,
  };
}

/** The host's fullest moments, and what it had before. */
class HostWatch {
  limits: SwarmRun["limits"] = [];
  #before: HostFigures | undefined;
  #leastAvailable = Number.POSITIVE_INFINITY;

  async begin(): Promise<void> {
    this.#before = await hostFigures();
  }

  async look(): Promise<void> {
    this.#leastAvailable = Math.min(this.#leastAvailable, (await hostFigures()).availableBytes);
    this.limits = fullest(this.limits, await hostOccupancy());
  }

  get takenBytes(): number {
    return Math.max(0, (this.#before?.availableBytes ?? 0) - this.#leastAvailable);
  }
}

/** Processors that are busy while we do nothing. */
async function loadOf(durationMs: number): Promise<number> {
  const before = await hostFigures();
  await sleep(durationMs);
  return ((await hostFigures()).busySeconds - before.busySeconds) / (durationMs / 1000);
}

async function watchTransfer(
  swarm: MeasuredSwarm,
  peers: readonly MeasuredPeer[],
  watch: HostWatch,
  { timeoutMs, progress }: MeasureOptions,
) {
  const sampled = peers.slice(0, sampledPeers);
  const most = { pieceCount: 0, connectionsPerPeer: 0, pssBytes: 0, fileHandles: 0, sockets: 0 };
  const startedMs = performance.now();
  for (;;) {
    const { torrents } = await getPatiently(
      `${swarm.trackerUrl}${cataloguePaths.torrents}`,
      catalogueListSchema,
    );
    const [torrent] = torrents;
    // Not `completed`: an announce whose answer was late is sent, and counted, again.
    const complete = Math.max(0, (torrent?.seeders ?? 0) - 1);
    const [figures, states] = await Promise.all([figuresOf(sampled), Promise.all(sampled.map(peerState))]);
    const connections = states.map((state) => state.torrents[0]?.connectedPeers ?? 0);
    most.pieceCount = torrent?.pieceCount ?? most.pieceCount;
    most.connectionsPerPeer = Math.max(most.connectionsPerPeer, mean(connections));
    most.pssBytes = Math.max(
      most.pssBytes,
      meanOf(figures, ({ pssBytes }) => pssBytes),
    );
    most.fileHandles = Math.max(
      most.fileHandles,
      meanOf(figures, ({ fileHandles }) => fileHandles),
    );
    most.sockets = Math.max(
      most.sockets,
      meanOf(figures, ({ sockets }) => sockets),
    );
    await watch.look();
    progress.show(
      `${complete} of ${peers.length - 1} leechers complete after ${seconds(startedMs)}, ` +
        `${mean(connections).toFixed(0)} connections each`,
    );
    if (complete >= peers.length - 1) return most;
    if (performance.now() - startedMs > timeoutMs) {
      throw new Error(
        `after ${timeoutMs / 1000} s ${torrent?.completed ?? 0} leechers are complete, not all`,
      );
    }
    // What other processes have got to can only be asked for.
    await sleep(lookEveryMs);
  }
}

async function watchIdle(
  swarm: MeasuredSwarm,
  peers: readonly MeasuredPeer[],
  durationMs: number,
): Promise<SwarmRun["idle"]> {
  const cpuBefore = await cpuOf(swarm, peers);
  const startedMs = performance.now();
  await sleep(durationMs);
  const cpuSeconds = (await cpuOf(swarm, peers)) - cpuBefore;
  return { cpuSharePerPeer: cpuSeconds / ((peers.length * (performance.now() - startedMs)) / 1000) };
}

/** Seconds from the seeder's joining to each leecher's completion, by the clock that all processes of a host share. */
async function completionTimes(
  seeder: MeasuredPeer,
  leechers: readonly MeasuredPeer[],
  leechersFreeMs: number,
): Promise<number[]> {
  const joinedMs = Math.max(leechersFreeMs, Date.parse((await peerState(seeder)).joinedAt ?? ""));
  return severalAtATime(asksAtATime, leechers, async (leecher) => {
    // The tracker hears of it while the last pieces are on their way to the disk.
    const completedAt = await eventually("a leecher has it all on its disk", onDiskMs, async () => {
      return (await peerState(leecher)).completedAt ?? undefined;
    });
    return (Date.parse(completedAt) - joinedMs) / 1000;
  });
}

function boundSeconds({ peers, sizeBytes, link }: SwarmShape, pieceCount: number): number {
  const { upBitsPerSecond, downBitsPerSecond } = parseLink(link);
  const rates: NodeRates = {
    ...(upBitsPerSecond !== undefined && { upBitsPerSecond: payloadBitsPerSecond(upBitsPerSecond) }),
    ...(downBitsPerSecond !== undefined && { downBitsPerSecond: payloadBitsPerSecond(downBitsPerSecond) }),
  };
  return distributionBound({
    fileBytes: sizeBytes,
    leechers: Array.from({ length: peers - 1 }, () => rates),
    pieceCount,
    ...(rates.upBitsPerSecond !== undefined && { seederUpBitsPerSecond: rates.upBitsPerSecond }),
  }).seconds;
}

function figuresOf(peers: readonly MeasuredPeer[]): Promise<ProcessFigures[]> {
  return severalAtATime(asksAtATime, peers, ({ pid }) => processFigures(pid));
}

async function cpuOf(swarm: MeasuredSwarm, peers: readonly MeasuredPeer[]): Promise<number> {
  const each = await severalAtATime(asksAtATime, peers, (peer) => swarm.cpuSeconds(peer));
  return each.reduce((sum, value) => sum + value, 0);
}

function meanOf<Item>(items: readonly Item[], figure: (item: Item) => number): number {
  return mean(items.map(figure));
}

/** 0 of nothing. */
function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}

function seconds(sinceMs: number): string {
  return `${((performance.now() - sinceMs) / 1000).toFixed(0)} s`;
}
