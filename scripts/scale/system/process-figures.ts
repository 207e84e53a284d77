import { readdir, readFile, readlink } from "node:fs/promises";

/** What the kernel counts for one process with all its threads, at one moment. */
export interface ProcessFigures {
  /** Pages that several processes share count once in all of them together. */
  readonly pssBytes: number;
  /** Of these, what is no file: heaps and stacks. */
  readonly anonymousBytes: number;
  /** The most that was resident, shared pages in full. */
  readonly peakRssBytes: number;
  /** User and system time so far. */
  readonly cpuSeconds: number;
  readonly threads: number;
  readonly fileHandles: number;
  readonly sockets: number;
  readonly inotifyInstances: number;
}

/** Clock ticks a second in /proc, on every architecture that Node runs on (USER_HZ). */
const ticksPerSecond = 100;

/** Reads the figures of a process of this host (Linux; root, or the same user). Rejects when it has ended. */
export async function processFigures(pid: number): Promise<ProcessFigures> {
  const [memory, status, cpuSeconds, targets] = await Promise.all([
    readFile(`/proc/${pid}/smaps_rollup`, "utf8"),
    readFile(`/proc/${pid}/status`, "utf8"),
    processCpuSeconds(pid),
    fileHandleTargets(pid),
  ]);
  return {
    pssBytes: kibibytesAfter(memory, "Pss"),
    anonymousBytes: kibibytesAfter(memory, "Pss_Anon"),
    peakRssBytes: kibibytesAfter(status, "VmHWM"),
    cpuSeconds,
    threads: Number(/^Threads:\s+(\d+)$/m.exec(status)?.[1] ?? 0),
    fileHandles: targets.length,
    sockets: targets.filter((target) => target.startsWith("socket:")).length,
    inotifyInstances: targets.filter((target) => target === "anon_inode:inotify").length,
  };
}

/** User and system time of a process so far, threads that have ended included. Rejects when it has ended. */
export async function processCpuSeconds(pid: number): Promise<number> {
  return parseCpuSeconds(await readFile(`/proc/${pid}/stat`, "utf8"));
}

/** Fields 14 and 15 of /proc/PID/stat (proc(5)); the program's name, in parentheses, may hold anything. */
export function parseCpuSeconds(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

/** The value of `Name:   N kB`, in bytes; 0 when it is not there. */
export function kibibytesAfter(text: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(text)?.[1] ?? 0) * 1024;
}

async function fileHandleTargets(pid: number): Promise<string[]> {
  const folder = `/proc/${pid}/fd`;
  const names = await readdir(folder);
  // A handle may be closed in between.
  return Promise.all(names.map((name) => readlink(`${folder}/${name}`).catch(() => "")));
}
