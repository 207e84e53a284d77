import type { Arrival } from "./probe-messages.js";

/** What a receiver can tell of numbered packets. */
export interface FlowSummary {
  readonly lost: number;
  /** Arrivals of packets that had arrived before. */
  readonly duplicates: number;
  /** Packets that arrived before one that was sent earlier. */
  readonly overtaking: number;
  /** Lengths of runs of lost packets. */
  readonly lossRuns: readonly number[];
}

export function summarise(arrivals: readonly Arrival[], sent: number): FlowSummary {
  const firsts = new Set(arrivals.map(({ sequence }) => sequence));
  let overtaking = 0;
  let earliest = Number.POSITIVE_INFINITY;
  for (const sequence of [...firsts].reverse()) {
    if (sequence > earliest) overtaking++;
    earliest = Math.min(earliest, sequence);
  }
  const lossRuns: number[] = [];
  let run = 0;
  for (let sequence = 0; sequence <= sent; sequence++) {
    if (sequence < sent && !firsts.has(sequence)) {
      run++;
    } else if (run > 0) {
      lossRuns.push(run);
      run = 0;
    }
  }
  return { lost: sent - firsts.size, duplicates: arrivals.length - firsts.size, overtaking, lossRuns };
}
