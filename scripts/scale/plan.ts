import {
  isSwarmRun,
  isTrackerRun,
  type Results,
  type SwarmKind,
  type SwarmRun,
  type TrackerRun,
} from "./results.js";
import { maxBridgePorts } from "./system/host-limits.js";

export interface PlanOptions {
  readonly peers: number;
  readonly kind: SwarmKind;
  /** What every host has. */
  readonly hostProcessors: number;
  readonly hostMemoryBytes: number;
  /** Payload that every peer gets while the content is on its way. */
  readonly rateBitsPerSecond: number;
  readonly scrapeIntervalSeconds: number;
  readonly announceIntervalSeconds: number;
}

/** What keeps a host from carrying more peers. */
export type PlanTerm = "memory" | "processors" | "bridge ports";

export interface Plan {
  readonly options: PlanOptions;
  /** The run whose figures were used. */
  readonly measuredPeers: number;
  readonly peersPerHost: number;
  /** By each resource alone; absent where it is no limit. */
  readonly peersPerHostBy: Readonly<Partial<Record<PlanTerm, number>>>;
  readonly bindingTerm: PlanTerm;
  readonly hosts: number;
  readonly memoryBytes: number;
  /** Processors busy while the content is on its way. */
  readonly processors: number;
  /** From the first launch to the last "ready" when all hosts start at the same time and do nothing else. */
  readonly startSeconds: number;
  /** Payload between hosts, out of each of them, when every peer picks its partners at random. */
  readonly bitsPerSecondBetweenHosts: number;
  readonly neighboursPerHost: number;
  readonly fileHandlesPerHost: number;
  readonly threadsPerHost: number;
  readonly prometheus: { readonly series: number; readonly samplesPerSecond: number };
  readonly tracker: {
    readonly announcesPerSecond: number;
    /** Of what one tracker answered over HTTP. */
    readonly share: number;
    readonly memoryBytes: number;
    readonly answerBitsPerSecond: number;
    /** Peers that one tracker could look after at this interval. */
    readonly mostPeers: number;
  };
}

/** Of a host, for the system, the services, and peaks. */
const spareShare = 0.25;
/** Tracker, agent and gateway of a bridge. */
const otherPorts = 3;
const mebibyteBits = 8 * 2 ** 20;

/**
 * What a swarm needs, computed from measurements: those of the largest swarm of this kind, and of the tracker with the
 * most peers. Throws an Error when the results lack one of them.
 */
export function planSwarm({ runs }: Results, options: PlanOptions): Plan {
  const run = largest(runs.filter(isSwarmRun).filter(({ kind }) => kind === options.kind));
  const tracker = runs
    .filter(isTrackerRun)
    .toSorted((a, b) => b.torrents * b.peersPerTorrent - a.torrents * a.peersPerTorrent)[0];
  if (run === undefined) throw new Error(`there are no results of ${options.kind}: measure them first`);
  if (tracker === undefined) throw new Error("there are no results of the tracker: measure it first");

  const processorsPerPeer =
    (options.rateBitsPerSecond / mebibyteBits) * run.transfer.cpuSecondsPerMebibyte +
    run.idle.cpuSharePerPeer;
  const bytesPerPeer = run.memory.hostBytesPerPeer;
  const peersPerHostBy: Partial<Record<PlanTerm, number>> = {
    memory: Math.floor((options.hostMemoryBytes * (1 - spareShare)) / bytesPerPeer),
    processors: Math.floor((options.hostProcessors * (1 - spareShare)) / processorsPerPeer),
    ...(options.kind === "containers" && { "bridge ports": maxBridgePorts - otherPorts }),
  };
  const bindingTerm = tightest(peersPerHostBy);
  const most = peersPerHostBy[bindingTerm] ?? 0;
  if (most < 1) throw new Error(`not one peer fits on such a host: too little of ${bindingTerm}`);
  const hosts = Math.ceil(options.peers / most);
  const peersPerHost = Math.ceil(options.peers / hosts);
  return {
    options,
    measuredPeers: run.peers,
    peersPerHost,
    peersPerHostBy,
    bindingTerm,
    hosts,
    memoryBytes: options.peers * bytesPerPeer,
    processors: options.peers * processorsPerPeer,
    startSeconds: startSeconds(run, peersPerHost, options),
    bitsPerSecondBetweenHosts: peersPerHost * options.rateBitsPerSecond * (1 - 1 / hosts),
    // Each of its connections is to a neighbour, which the kernel counts in the peer's network namespace.
    neighboursPerHost:
      options.kind === "containers" ? Math.ceil(peersPerHost * connections(run, options.peers)) : 0,
    fileHandlesPerHost: Math.ceil(peersPerHost * run.perPeer.fileHandles),
    threadsPerHost: Math.ceil(peersPerHost * run.perPeer.threads),
    prometheus: {
      series: options.peers * run.perPeer.metricSeries,
      samplesPerSecond: (options.peers * run.perPeer.metricSeries) / options.scrapeIntervalSeconds,
    },
    tracker: planTracker(tracker, options),
  };
}

function planTracker(run: TrackerRun, { peers, announceIntervalSeconds }: PlanOptions): Plan["tracker"] {
  const announcesPerSecond = peers / announceIntervalSeconds;
  return {
    announcesPerSecond,
    share: announcesPerSecond / run.announcesPerSecond.http,
    memoryBytes: run.emptyBytes + peers * run.bytesPerPeer,
    answerBitsPerSecond: announcesPerSecond * run.answerBytes.http * 8,
    mostPeers: Math.floor(run.announcesPerSecond.http * announceIntervalSeconds),
  };
}

/** In containers the engine's work counts as well, which the time of the measured start holds. */
function startSeconds(run: SwarmRun, peersPerHost: number, { hostProcessors }: PlanOptions): number {
  const secondsPerPeer = run.startup.allSeconds / run.peers;
  return (peersPerHost * secondsPerPeer * run.startup.processors) / hostProcessors;
}

/** A larger swarm has more connections, up to what a peer takes at the most (--max-connections). */
function connections(run: SwarmRun, peers: number): number {
  const maxConnections = 100;
  return peers > run.peers ? maxConnections : Math.min(maxConnections, run.transfer.connectionsPerPeer);
}

function largest(runs: readonly SwarmRun[]): SwarmRun | undefined {
  return runs.toSorted((a, b) => b.peers - a.peers)[0];
}

function tightest(limits: Partial<Record<PlanTerm, number>>): PlanTerm {
  const terms: readonly PlanTerm[] = ["memory", "processors", "bridge ports"];
  const limitOf = (term: PlanTerm): number => limits[term] ?? Number.POSITIVE_INFINITY;
  return terms.toSorted((a, b) => limitOf(a) - limitOf(b))[0] ?? "memory";
}
