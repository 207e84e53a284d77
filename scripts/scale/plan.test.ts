import { describe, expect, it } from "vitest";
import { type PlanOptions, planSwarm } from "./plan.js";
import type { Results, SwarmRun, TrackerRun } from "./results.js";

const gibibyte = 2 ** 30;
const mebibyte = 2 ** 20;

const containers: SwarmRun = {
  kind: "containers",
  peers: 100,
  sizeBytes: 4 * mebibyte,
  link: "up=2mbit,down=16mbit",
  startup: {
    aloneSeconds: 1,
    atATime: null,
    processors: 2,
    medianSeconds: 4,
    slowestSeconds: 9,
    allSeconds: 100,
    cpuSecondsPerPeer: 0.5,
  },
  transfer: {
    medianSeconds: 20,
    lastSeconds: 25,
    boundSeconds: 18,
    cpuSecondsPerPeer: 1,
    cpuSecondsPerMebibyte: 0.2,
    connectionsPerPeer: 80,
  },
  idle: { cpuSharePerPeer: 0.025 },
  memory: {
    readyPssBytes: 30 * mebibyte,
    transferPssBytes: 40 * mebibyte,
    completePssBytes: 40 * mebibyte,
    peakRssBytes: 90 * mebibyte,
    cgroupBytes: 45 * mebibyte,
    hostBytesPerPeer: 48 * mebibyte,
  },
  perPeer: {
    threads: 12,
    fileHandles: 100,
    sockets: 85,
    inotifyInstances: 0,
    metricSeries: 60,
    openFileLimit: 1_048_576,
  },
  services: {},
  limits: [],
  neighbourTableOverflows: 0,
  otherLoad: 0,
};
const processes: SwarmRun = { ...containers, kind: "processes", peers: 300 };
const tracker: TrackerRun = {
  kind: "tracker",
  torrents: 1,
  peersPerTorrent: 10_000,
  announcesPerSecond: { udp: 70_000, http: 50_000 },
  emptyBytes: 60 * mebibyte,
  bytesPerPeer: 40,
  answerBytes: { udp: 320, http: 500 },
};
const results: Results = {
  host: { processors: 2, memoryBytes: 24 * gibibyte, kernel: "6.1", node: "24.0.0" },
  runs: [{ ...containers, peers: 10, idle: { cpuSharePerPeer: 9 } }, containers, processes, tracker],
};
const options: PlanOptions = {
  peers: 10_000,
  kind: "containers",
  hostProcessors: 16,
  hostMemoryBytes: 64 * gibibyte,
  rateBitsPerSecond: mebibyte,
  scrapeIntervalSeconds: 15,
  announceIntervalSeconds: 1800,
};

describe("the plan of a swarm", () => {
  it("takes the scarcest resource of a host, three quarters of which are used, from the largest swarm measured", () => {
    const plan = planSwarm(results, options);
    // 0.125 MiB/s at 0.2 s each, and what idleness costs: 0.05 of a processor.
    expect(plan.peersPerHostBy).toEqual({ memory: 1024, processors: 240, "bridge ports": 1020 });
    expect(plan.bindingTerm).toBe("processors");
    expect(plan).toMatchObject({ hosts: 42, peersPerHost: 239, measuredPeers: 100 });
    expect(plan.memoryBytes).toBe(10_000 * 48 * mebibyte);
    expect(plan.processors).toBeCloseTo(500);
  });

  it("has the scarcer of memory and ports bind when peers have little to do, and no bridge for processes", () => {
    const slow = { ...options, rateBitsPerSecond: 1, hostProcessors: 1000 };
    expect(planSwarm(results, slow).bindingTerm).toBe("bridge ports");
    expect(planSwarm(results, { ...slow, hostMemoryBytes: 8 * gibibyte }).bindingTerm).toBe("memory");
    expect(planSwarm(results, { ...slow, kind: "processes" }).peersPerHostBy).not.toHaveProperty(
      "bridge ports",
    );
  });

  it("starts in the time that was measured, faster on more processors", () => {
    const plan = planSwarm(results, options);
    expect(plan.startSeconds).toBeCloseTo((239 * 1 * 2) / 16);
  });

  it("has no traffic between hosts when one is enough, and nearly all of it when there are many", () => {
    expect(planSwarm(results, { ...options, peers: 100 }).bitsPerSecondBetweenHosts).toBe(0);
    expect(planSwarm(results, options).bitsPerSecondBetweenHosts).toBeCloseTo(239 * mebibyte * (41 / 42));
  });

  it("counts what Prometheus and the tracker have to do", () => {
    const { prometheus, tracker: load, neighboursPerHost } = planSwarm(results, options);
    expect(prometheus).toEqual({ series: 600_000, samplesPerSecond: 40_000 });
    expect(load.announcesPerSecond).toBeCloseTo(5.56, 2);
    expect(load.share).toBeCloseTo(0.000111, 6);
    expect(load.mostPeers).toBe(90_000_000);
    expect(load.memoryBytes).toBe(60 * mebibyte + 400_000);
    expect(neighboursPerHost).toBe(23_900);
  });

  it("refuses to guess what was not measured, and hosts on which nothing fits", () => {
    const without = (kind: string): Results => ({
      ...results,
      runs: results.runs.filter((run) => run.kind !== kind),
    });
    expect(() => planSwarm(without("containers"), options)).toThrow("no results of containers");
    expect(() => planSwarm(without("tracker"), options)).toThrow("no results of the tracker");
    expect(() => planSwarm(results, { ...options, hostMemoryBytes: mebibyte })).toThrow(
      "too little of memory",
    );
  });
});
