import { describe, expect, it } from "vitest";
import { parseCgroupPaths } from "./cgroup-figures.js";
import { parseBusySeconds } from "./host-figures.js";
import { fullest, hostOccupancy, openFileLimit, parseNeighbourStatistics } from "./host-limits.js";
import { kibibytesAfter, parseCpuSeconds, processFigures } from "./process-figures.js";

describe("what the kernel tells in /proc", () => {
  it("has processor time after a program's name that may look like anything", () => {
    const stat = `42 (node) 0 R (x)) S ${Array.from({ length: 10 }, () => "7").join(" ")} 250 50 1 1\n`;
    expect(parseCpuSeconds(stat)).toBe(3);
  });

  it("has sizes in kB", () => {
    expect(kibibytesAfter("Pss:                 100 kB\nPss_Anon:   60 kB\n", "Pss_Anon")).toBe(61_440);
    expect(kibibytesAfter("Rss: 1 kB\n", "Pss")).toBe(0);
  });

  it("counts a host's busy time without idling and waiting", () => {
    expect(parseBusySeconds("cpu  100 20 30 4000 500 6 7 8 0 0\ncpu0 1 1 1 1 1 1 1 1 0 0\n")).toBe(1.63);
  });

  it("counts neighbours of all namespaces once, and overflows of each processor", () => {
    const table = [
      "entries  allocs   destroys table_fulls ",
      "0000002a  00000100 00000000 00000003",
      "0000002a  00000200 00000000 00000010",
    ].join("\n");
    expect(parseNeighbourStatistics(table)).toEqual({ entries: 42, overflows: 19 });
    expect(parseNeighbourStatistics("")).toEqual({ entries: 0, overflows: 0 });
  });

  it("names cgroups of both versions", () => {
    expect(parseCgroupPaths("4:memory:/docker/a\n2:cpu,cpuacct:/docker/b\n0::/docker/c\n")).toEqual({
      memory: "/docker/a",
      cpuacct: "/docker/b",
      unified: "/docker/c",
    });
    expect(parseCgroupPaths("0::/docker/c:d\n")).toEqual({
      memory: undefined,
      cpuacct: undefined,
      unified: "/docker/c:d",
    });
  });

  it("keeps the fullest moment of each limit", () => {
    const at = (limitName: string, used: number) => ({ limitName, limit: 100, used });
    expect(fullest([at("a", 5), at("b", 9)], [at("a", 7), at("b", 2), at("c", 1)])).toEqual([
      at("a", 7),
      at("b", 9),
      at("c", 1),
    ]);
  });

  it.runIf(process.platform === "linux")("is there for this very process and host", async () => {
    const figures = await processFigures(process.pid);
    expect(figures.pssBytes).toBeGreaterThan(10 * 2 ** 20);
    expect(figures.peakRssBytes).toBeGreaterThanOrEqual(figures.anonymousBytes);
    expect(figures.cpuSeconds).toBeGreaterThan(0);
    expect(figures.threads).toBeGreaterThan(1);
    expect(figures.fileHandles).toBeGreaterThan(2);
    expect(await openFileLimit(process.pid)).toBeGreaterThan(2);
    const occupancy = await hostOccupancy();
    expect(occupancy.map(({ limitName }) => limitName)).toContain("fs.file-max");
    for (const { used, limit } of occupancy) expect(used).toBeLessThanOrEqual(limit);
  });
});
