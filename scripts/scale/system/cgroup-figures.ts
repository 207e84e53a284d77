import { readFile } from "node:fs/promises";

/** What the kernel counts for a container: all its processes, its health checks included. */
export interface CgroupFigures {
  /** Without the page cache that can be dropped, as `docker stats` has it. */
  readonly memoryBytes: number;
  readonly cpuSeconds: number;
}

const root = "/sys/fs/cgroup";

/** The figures of the cgroup that a process is in (version 1 and 2). Rejects when the process has ended. */
export async function cgroupFigures(pid: number): Promise<CgroupFigures> {
  const paths = parseCgroupPaths(await readFile(`/proc/${pid}/cgroup`, "utf8"));
  const { memory, cpuacct, unified } = paths;
  if (memory !== undefined && cpuacct !== undefined) {
    const [used, statistics, nanoseconds] = await Promise.all([
      readFile(`${root}/memory${memory}/memory.usage_in_bytes`, "utf8"),
      readFile(`${root}/memory${memory}/memory.stat`, "utf8"),
      readFile(`${root}/cpuacct${cpuacct}/cpuacct.usage`, "utf8"),
    ]);
    return {
      memoryBytes: Number(used) - valueAfter(statistics, "total_inactive_file"),
      cpuSeconds: Number(nanoseconds) / 1e9,
    };
  }
  const [used, statistics, cpu] = await Promise.all([
    readFile(`${root}${unified}/memory.current`, "utf8"),
    readFile(`${root}${unified}/memory.stat`, "utf8"),
    readFile(`${root}${unified}/cpu.stat`, "utf8"),
  ]);
  return {
    memoryBytes: Number(used) - valueAfter(statistics, "inactive_file"),
    cpuSeconds: valueAfter(cpu, "usage_usec") / 1e6,
  };
}

export interface CgroupPaths {
  readonly memory: string | undefined;
  readonly cpuacct: string | undefined;
  readonly unified: string;
}

/** The lines `ID:CONTROLLERS:PATH` of /proc/PID/cgroup (cgroups(7)). */
export function parseCgroupPaths(text: string): CgroupPaths {
  const pathOf = (controller: string): string | undefined =>
    text
      .split("\n")
      .map((line) => /^\d+:([^:]*):(.*)$/.exec(line))
      .find((match) => match?.[1]?.split(",").includes(controller))?.[2];
  return { memory: pathOf("memory"), cpuacct: pathOf("cpuacct"), unified: pathOf("") ?? "" };
}

function valueAfter(text: string, name: string): number {
  return Number(new RegExp(`^${name} (\\d+)$`, "m").exec(text)?.[1] ?? 0);
}
