import type { Plan } from "./plan.js";
import { isSwarmRun, isTrackerRun, type Results, type SwarmRun } from "./results.js";

const mebibyte = 2 ** 20;
const gibibyte = 2 ** 30;

/** A Markdown table: the first column to the left, the others to the right. */
function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  const rule = head.map((_, column) => (column === 0 ? "---" : "---:"));
  return [line(head), line(rule), ...rows.map(line)].join("\n");
}

/** What a peer costs: a column for each swarm. */
export function costTable({ runs }: Results): string {
  const swarms = runs
    .filter(isSwarmRun)
    .toSorted((a, b) => b.kind.localeCompare(a.kind) || a.peers - b.peers);
  const row = (title: string, cell: (run: SwarmRun) => string): string[] => [title, ...swarms.map(cell)];
  return markdownTable(
    ["for each peer", ...swarms.map(({ kind, peers }) => `${peers} ${kind}`)],
    [
      row("memory of the host, MiB", ({ memory }) => mebibytes(memory.hostBytesPerPeer)),
      row("PSS ready / at work, MiB", ({ memory }) =>
        [memory.readyPssBytes, memory.transferPssBytes].map(mebibytes).join(" / "),
      ),
      row("its cgroup, MiB", ({ memory }) =>
        memory.cgroupBytes === null ? "" : mebibytes(memory.cgroupBytes),
      ),
      row("start alone, s", ({ startup }) => startup.aloneSeconds.toFixed(2)),
      row("start among others, median / slowest, s", ({ startup }) =>
        [startup.medianSeconds, startup.slowestSeconds].map((value) => value.toFixed(1)).join(" / "),
      ),
      row("start of all, s", ({ startup }) => startup.allSeconds.toFixed(0)),
      row("processor to start, s", ({ startup }) => startup.cpuSecondsPerPeer.toFixed(2)),
      row("processor for a MiB, ms", ({ transfer }) => (transfer.cpuSecondsPerMebibyte * 1000).toFixed(0)),
      row("processor when complete, %", ({ idle }) => percent(idle.cpuSharePerPeer)),
      row("connections", ({ transfer }) => transfer.connectionsPerPeer.toFixed(0)),
      row("threads / file handles", ({ perPeer }) =>
        [perPeer.threads, perPeer.fileHandles].map((value) => value.toFixed(0)).join(" / "),
      ),
      row("last leecher / bound, s", ({ transfer }) =>
        [transfer.lastSeconds, transfer.boundSeconds].map((value) => value.toFixed(1)).join(" / "),
      ),
    ],
  );
}

/** How far one tracker goes: a column for each shape of its swarms. */
export function trackerTable({ runs }: Results): string {
  const trackers = runs.filter(isTrackerRun);
  const row = (title: string, cell: (run: (typeof trackers)[number]) => string): string[] => [
    title,
    ...trackers.map(cell),
  ];
  const peersAt = (perSecond: number): string => `${((perSecond * 1800) / 1e6).toFixed(0)} million`;
  return markdownTable(
    [
      "one tracker on one processor",
      ...trackers.map(
        ({ torrents, peersPerTorrent }) =>
          `${whole(torrents)} ${torrents === 1 ? "torrent" : "torrents"} of ${whole(peersPerTorrent)} peers`,
      ),
    ],
    [
      row("announces/s, UDP / HTTP", ({ announcesPerSecond: { udp, http } }) =>
        [udp, http].map((value) => whole(roundTo(value, 100))).join(" / "),
      ),
      row("peers at an interval of 30 min, UDP / HTTP", ({ announcesPerSecond: { udp, http } }) =>
        [udp, http].map(peersAt).join(" / "),
      ),
      row("memory, empty / full, MiB", (run) =>
        [run.emptyBytes, run.emptyBytes + run.bytesPerPeer * run.torrents * run.peersPerTorrent]
          .map(mebibytes)
          .join(" / "),
      ),
      row("answer with 50 peers, UDP / HTTP, bytes", ({ answerBytes: { udp, http } }) => `${udp} / ${http}`),
    ],
  );
}

/** How full the host was in the largest swarm of each kind. */
export function limitTable({ runs }: Results): string {
  const swarms = runs.filter(isSwarmRun);
  const largest = (["processes", "containers"] as const).flatMap((kind) =>
    swarms
      .filter((run) => run.kind === kind)
      .toSorted((a, b) => b.peers - a.peers)
      .slice(0, 1),
  );
  const names = [...new Set(largest.flatMap(({ limits }) => limits.map(({ limitName }) => limitName)))];
  const used = (run: SwarmRun, name: string): string => {
    const found = run.limits.find(({ limitName }) => limitName === name);
    return found === undefined ? "" : whole(found.used);
  };
  const limit = (name: string): string => {
    const found = largest.flatMap(({ limits }) => limits).find(({ limitName }) => limitName === name);
    return found === undefined ? "" : whole(found.limit);
  };
  return markdownTable(
    ["limit", "of this host", ...largest.map(({ kind, peers }) => `${peers} ${kind}`)],
    [
      ...names.map((name) => [`\`${name}\``, limit(name), ...largest.map((run) => used(run, name))]),
      ["overflows of the neighbour table", "", ...largest.map((run) => whole(run.neighbourTableOverflows))],
    ],
  );
}

/** What a plan says, with what it rests on. */
export function planTable(plan: Plan): string {
  const { options, tracker, prometheus } = plan;
  const by = Object.entries(plan.peersPerHostBy).map(([term, peers]) => `${term} ${whole(peers)}`);
  return markdownTable(
    [`${whole(options.peers)} peers as ${options.kind}`, ""],
    [
      [
        `hosts of ${options.hostProcessors} processors and ${(options.hostMemoryBytes / gibibyte).toFixed(0)} GiB`,
        `${whole(plan.hosts)}`,
      ],
      ["peers on each", whole(plan.peersPerHost)],
      ["what one could carry, by", by.join(", ")],
      ["memory of all, GiB", whole(plan.memoryBytes / gibibyte)],
      [
        `processors busy at ${(options.rateBitsPerSecond / 1e6).toFixed(1)} Mbit/s for each peer`,
        whole(plan.processors),
      ],
      ["start, min", (plan.startSeconds / 60).toFixed(1)],
      ["payload out of each host, Gbit/s", (plan.bitsPerSecondBetweenHosts / 1e9).toFixed(1)],
      ...(plan.neighboursPerHost > 0 ? [["neighbour entries on each", whole(plan.neighboursPerHost)]] : []),
      ["file handles / threads on each", `${whole(plan.fileHandlesPerHost)} / ${whole(plan.threadsPerHost)}`],
      [
        `Prometheus, series / samples a second every ${options.scrapeIntervalSeconds} s`,
        `${whole(prometheus.series)} / ${whole(prometheus.samplesPerSecond)}`,
      ],
      [
        `tracker, announces a second every ${options.announceIntervalSeconds / 60} min`,
        `${tracker.announcesPerSecond.toFixed(1)}, ${percent(tracker.share)} % of one`,
      ],
      ["tracker, memory in MiB", mebibytes(tracker.memoryBytes)],
      ["tracker, answers in kbit/s", whole(tracker.answerBitsPerSecond / 1000)],
    ],
  );
}

function mebibytes(bytes: number): string {
  return (bytes / mebibyte).toFixed(0);
}

function percent(share: number): string {
  return (share * 100).toFixed(share < 0.1 ? 2 : 0);
}

function whole(value: number): string {
  return Math.round(value).toLocaleString("en");
}

function roundTo(value: number, step: number): number {
  return Math.round(value / step) * step;
}
