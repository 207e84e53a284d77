import type { CommandRunner } from "@swarmlab/tc-wrapper/command-runner";
import { quantile } from "./statistics.js";

/** What `ping` saw. */
export interface PingResult {
  readonly sent: number;
  readonly received: number;
  /** Of each echo, in the order in which they came back. */
  readonly rttMs: readonly number[];
}

/** How long an answer may take. */
const waitSeconds = "0.7";

export interface PingOptions {
  readonly count?: number;
  readonly intervalMs?: number;
}

/** Measures round trips with `ping`; one echo before the others finds the neighbours. */
export async function ping(
  commands: CommandRunner,
  address: string,
  { count = 9, intervalMs = 20 }: PingOptions = {},
): Promise<PingResult> {
  const args = ["-n", "-c", String(count + 1), "-i", String(intervalMs / 1000), "-W", waitSeconds, address];
  const output = await commands.run("ping", args).catch((error: unknown) => {
    // Exit code 1: nothing came back.
    if (error instanceof Error && "exitCode" in error && error.exitCode === 1) return "";
    throw error;
  });
  const echoes = Array.from(output.matchAll(/icmp_seq=(\d+) .*time=([\d.]+) ms/g), (found) => ({
    sequence: Number(found[1]),
    rttMs: Number(found[2]),
  })).filter(({ sequence }) => sequence > 1);
  return { sent: count, received: echoes.length, rttMs: echoes.map(({ rttMs }) => rttMs) };
}

/**
 * The round trip of a link without jitter in milliseconds: the lower quartile, as other work on the machine holds echoes up,
 * and nothing makes them early.
 */
export async function measureRtt(commands: CommandRunner, address: string): Promise<number> {
  return quantile((await ping(commands, address)).rttMs, 0.25);
}
