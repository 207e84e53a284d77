import { readFile } from "node:fs/promises";
import { kibibytesAfter } from "./process-figures.js";

/** Memory and processor time of the whole host, at one moment. */
export interface HostFigures {
  /** What programs could still get without anything being swapped (MemAvailable). */
  readonly availableBytes: number;
  /** Time that all processors were busy since the start of the host. */
  readonly busySeconds: number;
}

const ticksPerSecond = 100;

export async function hostFigures(): Promise<HostFigures> {
  const [memory, statistics] = await Promise.all([
    readFile("/proc/meminfo", "utf8"),
    readFile("/proc/stat", "utf8"),
  ]);
  return {
    availableBytes: kibibytesAfter(memory, "MemAvailable"),
    busySeconds: parseBusySeconds(statistics),
  };
}

/** The first line of /proc/stat: user, nice, system, idle, iowait, irq, softirq, steal (proc(5)). */
export function parseBusySeconds(statistics: string): number {
  const [user, nice, system, , , irq, softirq] = (/^cpu +(.*)$/m.exec(statistics)?.[1] ?? "")
    .split(" ")
    .map(Number);
  const ticks = [user, nice, system, irq, softirq].reduce<number>((sum, value) => sum + (value ?? 0), 0);
  return ticks / ticksPerSecond;
}
