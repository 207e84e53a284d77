import type { Link } from "@swarmlab/scenario/link";
import { CommandError, type CommandRunner } from "@swarmlab/tc-wrapper/command-runner";
import { expectedRtt } from "./expected-rtt.js";
import { MeasurementError } from "./measurement-error.js";

/** How many echo requests are sent, and how far apart. */
export interface PingPlan {
  readonly count: number;
  readonly intervalMs: number;
  /** How long the first answer is waited for. */
  readonly timeoutSeconds: number;
}

/** An echo request of `ping` in its Ethernet frame. */
export const pingFrameBytes = 98;
const wantedAnswers = 10;
const neededAnswers = 3;
const maxCount = 100;
const minIntervalMs = 20;
const answerPattern = / icmp_seq=(\d{1,9}) ttl=\d{1,3} time=(\d{1,9}(?:\.\d{1,9})?) ms/g;

/**
 * Enough requests to get 10 answers over these links, and far enough apart that jitter does not keep one waiting behind
 * the one before (links keep the order of packets), nor the rate.
 */
export function pingPlan(links: readonly Link[], extraMs = 0): PingPlan {
  const { answeredFraction, declaredMs } = expectedRtt(links, extraMs);
  const jitterMs = Math.max(0, ...links.map((link) => link.jitterMs));
  const slowest = Math.min(
    ...links.flatMap(({ upBitsPerSecond, downBitsPerSecond }) => [
      upBitsPerSecond ?? Number.POSITIVE_INFINITY,
      downBitsPerSecond ?? Number.POSITIVE_INFINITY,
    ]),
  );
  const intervalMs = Math.max(minIntervalMs, 4 * jitterMs, (2 * pingFrameBytes * 8 * 1000) / slowest);
  return {
    count: Math.min(maxCount, Math.ceil(wantedAnswers / answeredFraction)),
    intervalMs: Math.ceil(intervalMs),
    timeoutSeconds: Math.ceil((2 * declaredMs) / 1000) + 1,
  };
}

/** Round trips to an address, from where `commands` run, in milliseconds. Rejects with a MeasurementError. */
export async function ping(
  commands: CommandRunner,
  address: string,
  { count, intervalMs, timeoutSeconds }: PingPlan,
  signal: AbortSignal,
): Promise<number[]> {
  const options = ["-n", "-c", count, "-i", intervalMs / 1000, "-W", timeoutSeconds];
  let output: string;
  try {
    output = await commands.run("ping", [...options.map(String), address], { signal });
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    // ping ends with 1 when nothing came back.
    if (error.code === "FAILED" && error.exitCode === 1) throw tooFewAnswers(0, count);
    throw new MeasurementError("NO_PING", error.message, { cause: error });
  }
  const samplesMs = parsePing(output);
  if (samplesMs.length < Math.min(neededAnswers, count)) throw tooFewAnswers(samplesMs.length, count);
  return samplesMs;
}

/** The round trips that `ping` (iputils) printed; of a reply that came twice the first counts. */
export function parsePing(output: string): number[] {
  const bySequence = new Map<string, number>();
  for (const [, sequence = "", time] of output.matchAll(answerPattern)) {
    if (!bySequence.has(sequence)) bySequence.set(sequence, Number(time));
  }
  return [...bySequence.values()];
}

function tooFewAnswers(answers: number, count: number): MeasurementError {
  return new MeasurementError("NO_ANSWER", `${answers} of ${count} pings were answered`);
}
