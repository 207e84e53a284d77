import { readdir, readFile } from "node:fs/promises";

/** One thing of which a host has so many and no more, and how many were taken at the most. */
export interface Occupancy {
  /** The setting that lifts it, or the kernel's constant. */
  readonly limitName: string;
  readonly limit: number;
  readonly used: number;
}

/** The largest number of ports of one bridge: BR_MAX_PORTS (1024) of net/bridge/br_private.h, of which 0 is not given out. */
export const maxBridgePorts = 1023;

/**
 * How full this host is (Linux): what a swarm can run into. What this kernel does not count is left out, and so is what
 * nobody else can look into.
 */
export async function hostOccupancy(): Promise<Occupancy[]> {
  const found = await Promise.all([
    occupancy("net.ipv4.neigh.default.gc_thresh3", neighbours),
    occupancy("net.netfilter.nf_conntrack_max", () => number("/proc/sys/net/netfilter/nf_conntrack_count")),
    occupancy("fs.file-max", async () => Number((await text("/proc/sys/fs/file-nr")).split("\t")[0])),
    occupancy("kernel.threads-max", async () =>
      Number(/\/(\d+) /.exec(await text("/proc/loadavg"))?.[1] ?? Number.NaN),
    ),
    occupancy("BR_MAX_PORTS", bridgePorts, async () => maxBridgePorts),
  ]);
  return found.filter((each) => each !== undefined);
}

/** What a running process may open (its soft RLIMIT_NOFILE). */
export async function openFileLimit(pid: number): Promise<number> {
  return Number(/^Max open files\s+(\d+)/m.exec(await text(`/proc/${pid}/limits`))?.[1] ?? Number.NaN);
}

/** For each limit the fullest that was seen. */
export function fullest(seen: readonly Occupancy[], now: readonly Occupancy[]): Occupancy[] {
  const names = [...new Set([...seen, ...now].map(({ limitName }) => limitName))];
  return names.flatMap((name) => {
    const both = [...seen, ...now].filter(({ limitName }) => limitName === name);
    return both.sort((a, b) => b.used - a.used).slice(0, 1);
  });
}

/** How often the kernel found no room for a neighbour since the start of the host. */
export async function neighbourTableOverflows(): Promise<number> {
  const table = await text("/proc/net/stat/arp_cache").catch(() => "");
  return parseNeighbourStatistics(table).overflows;
}

/** One row for each processor; `entries` is the whole table's in each row, of all network namespaces. */
export function parseNeighbourStatistics(table: string): { entries: number; overflows: number } {
  const [head = "", ...rows] = table.trim().split("\n");
  const columns = head.trim().split(/\s+/);
  const values = rows.map((row) => row.trim().split(/\s+/));
  const column = (name: string): number[] =>
    values.map((row) => Number.parseInt(row[columns.indexOf(name)] ?? "0", 16));
  return {
    entries: Math.max(0, ...column("entries")),
    overflows: column("table_fulls").reduce((sum, value) => sum + value, 0),
  };
}

async function occupancy(
  limitName: string,
  used: () => Promise<number>,
  limit = () => number(`/proc/sys/${limitName.replaceAll(".", "/")}`),
): Promise<Occupancy | undefined> {
  try {
    const figures = { limitName, limit: await limit(), used: await used() };
    return Number.isFinite(figures.limit) && Number.isFinite(figures.used) ? figures : undefined;
  } catch {
    return undefined;
  }
}

async function neighbours(): Promise<number> {
  return parseNeighbourStatistics(await text("/proc/net/stat/arp_cache")).entries;
}

/** Of the fullest bridge in this network namespace. */
async function bridgePorts(): Promise<number> {
  const interfaces = await readdir("/sys/class/net");
  const counts = await Promise.all(
    interfaces.map(async (name) => (await readdir(`/sys/class/net/${name}/brif`).catch(() => [])).length),
  );
  return Math.max(0, ...counts);
}

async function number(path: string): Promise<number> {
  return Number(await text(path));
}

function text(path: string): Promise<string> {
  return readFile(path, "utf8");
}
