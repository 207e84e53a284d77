import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { z } from "zod";

const amount = z.number().nonnegative();
const count = z.number().int().nonnegative();

const occupancySchema = z.object({ limitName: z.string(), limit: amount, used: amount });

/** One swarm that ran. Figures "per peer" are means over all peers, the seeder included. */
const swarmRunSchema = z.object({
  kind: z.enum(["processes", "containers"]),
  peers: count,
  sizeBytes: count,
  link: z.string(),
  startup: z.object({
    /** From the launch of one peer to its "ready", while nothing else starts. */
    aloneSeconds: amount,
    /** How many start at a time; null when Docker Compose decides. */
    atATime: count.nullable(),
    /** Of the host, which the start keeps busy. */
    processors: count,
    medianSeconds: amount,
    slowestSeconds: amount,
    /** From the first launch to the last "ready", all of them. */
    allSeconds: amount,
    /** Processor time that a peer has used when it is ready. */
    cpuSecondsPerPeer: amount,
  }),
  transfer: z.object({
    /** From the moment when the seeder has joined the swarm. */
    medianSeconds: amount,
    lastSeconds: amount,
    boundSeconds: amount,
    cpuSecondsPerPeer: amount,
    cpuSecondsPerMebibyte: amount,
    /** Peers connected to a peer at the most, mean of those looked at. */
    connectionsPerPeer: amount,
  }),
  idle: z.object({
    /** Of one processor, by a peer that has everything, with all that asks it. */
    cpuSharePerPeer: amount,
  }),
  memory: z.object({
    /** Proportional set size when a peer is ready and has no torrent. */
    readyPssBytes: amount,
    /** At the most while the content is on its way, mean of those looked at. */
    transferPssBytes: amount,
    /** When all have everything. */
    completePssBytes: amount,
    peakRssBytes: amount,
    /** What the container's cgroup has, without page cache that can be dropped; containers only. */
    cgroupBytes: amount.nullable(),
    /** By how much the host's available memory fell, for each peer: kernel and engine included. */
    hostBytesPerPeer: amount,
  }),
  perPeer: z.object({
    threads: amount,
    fileHandles: amount,
    sockets: amount,
    inotifyInstances: amount,
    metricSeries: count,
    openFileLimit: amount,
  }),
  /** Processor seconds and bytes of what is there once for the swarm. */
  services: z.record(z.string(), z.object({ cpuSeconds: amount, memoryBytes: amount })),
  limits: z.array(occupancySchema),
  neighbourTableOverflows: amount,
  /** Processors that others kept busy before the run; near 0 on a quiet host. */
  otherLoad: amount,
});

const trackerRunSchema = z.object({
  kind: z.literal("tracker"),
  torrents: count,
  peersPerTorrent: count,
  announcesPerSecond: z.object({ udp: amount, http: amount }),
  emptyBytes: amount,
  bytesPerPeer: amount,
  /** Bytes of one answer with 50 peers, HTTP headers included, without those of TCP or UDP and IP. */
  answerBytes: z.object({ udp: count, http: count }),
});

const resultsSchema = z.object({
  host: z.object({
    processors: count,
    memoryBytes: count,
    /** Version of the kernel: `6.1`. */
    kernel: z.string(),
    node: z.string(),
  }),
  runs: z.array(z.discriminatedUnion("kind", [swarmRunSchema, trackerRunSchema])),
});

export type SwarmRun = z.infer<typeof swarmRunSchema>;
export type SwarmKind = SwarmRun["kind"];
export type TrackerRun = z.infer<typeof trackerRunSchema>;
export type Results = z.infer<typeof resultsSchema>;

export function isSwarmRun(run: Results["runs"][number]): run is SwarmRun {
  return run.kind !== "tracker";
}

export function isTrackerRun(run: Results["runs"][number]): run is TrackerRun {
  return run.kind === "tracker";
}

export async function readResults(path: string): Promise<Results> {
  return resultsSchema.parse(JSON.parse(await readFile(path, "utf8")));
}

/** Writes runs to a file; what it has of other kinds or numbers of peers stays. */
export async function addResults(path: string, host: Results["host"], runs: Results["runs"]): Promise<void> {
  const before = existsSync(path) ? (await readResults(path)).runs : [];
  const kept = before.filter((old) => !runs.some((run) => keyOf(run) === keyOf(old)));
  const all = [...kept, ...runs].sort((a, b) => keyOf(a).localeCompare(keyOf(b), "en", { numeric: true }));
  await writeFile(path, `${JSON.stringify({ host, runs: all } satisfies Results, roundNumber, 2)}\n`);
}

function keyOf(run: Results["runs"][number]): string {
  return run.kind === "tracker"
    ? `tracker ${run.torrents} ${run.peersPerTorrent}`
    : `${run.kind} ${run.peers}`;
}

/** Five digits are more than a measurement holds. */
function roundNumber(_key: string, value: unknown): unknown {
  return typeof value === "number" && !Number.isInteger(value) ? Number(value.toPrecision(5)) : value;
}
