import { FRAME_BYTES, FRAME_PAYLOAD_BYTES } from "@swarmlab/scenario/frame";
import type { StreamRead } from "./probe-messages.js";
import { median } from "./statistics.js";

/** Enough that one packet more or less is a percent. */
const packetsPerWindow = 100;
const minWindowMs = 200;

/**
 * The rate of frames that a TCP stream takes on a line: the median over windows of time, so that a moment in which the
 * machine was held up does not count. `expectedBitsPerSecond` sets the length of windows.
 */
export function frameRate(reads: readonly StreamRead[], expectedBitsPerSecond: number): number {
  const windowMs = Math.max(minWindowMs, (packetsPerWindow * FRAME_BYTES * 8 * 1000) / expectedBitsPerSecond);
  const rates: number[] = [];
  let startMs = reads[0]?.atMs ?? Number.NaN;
  let bytes = 0;
  // What the first read brings had been on its way before.
  for (const read of reads.slice(1)) {
    bytes += read.bytes;
    const ms = read.atMs - startMs;
    if (ms < windowMs) continue;
    rates.push((bytes * 8 * 1000) / ms);
    startMs = read.atMs;
    bytes = 0;
  }
  return median(rates) * (FRAME_BYTES / FRAME_PAYLOAD_BYTES);
}
