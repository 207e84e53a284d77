import { FRAME_BYTES } from "@swarmlab/scenario/frame";
import type { Link } from "@swarmlab/scenario/link";
import { lostFraction } from "./expected-rtt.js";

export type Direction = "up" | "down";

/** Datagrams that are to fill a link, and the time in which they are counted. */
export interface FloodPlan {
  /** Each datagram is one Ethernet frame of this size, as tc counts it. */
  readonly frameBytes: number;
  readonly payloadBytes: number;
  /** What is sent, in frames. */
  readonly offeredBitsPerSecond: number;
  /** From the first datagram that arrives: until the queue before the bottleneck never runs empty. */
  readonly warmUpMs: number;
  readonly windowMs: number;
}

/** More than the link carries, so that its rate is what counts. */
const overload = 1.25;
/** Of what a link with heavy loss needs to be full, no more than this is sent. */
const maxOverload = 10;
/** Without a declared rate there is nothing to fill; this much is tried. */
const unlimitedBitsPerSecond = 1e9;
/** Slow links get smaller frames, so that there are enough of them to count. */
const wantedFramesPerSecond = 50;
const minFrameBytes = 100;
const headerBytes = { 4: 14 + 20 + 8, 6: 14 + 40 + 8 };
const ethernetHeaderBytes = 14;

/** How one direction of a link is filled. `mtuBytes` is that of the network. */
export function floodPlan(link: Link, direction: Direction, family: 4 | 6, mtuBytes: number): FloodPlan {
  const declared = direction === "up" ? link.upBitsPerSecond : link.downBitsPerSecond;
  const bitsPerSecond = declared ?? unlimitedBitsPerSecond;
  const fullBytes = Math.min(FRAME_BYTES, mtuBytes + ethernetHeaderBytes);
  const fewBytes = Math.floor(bitsPerSecond / 8 / wantedFramesPerSecond);
  const frameBytes = Math.max(minFrameBytes, Math.min(fullBytes, fewBytes));
  const frameMs = (frameBytes * 8 * 1000) / bitsPerSecond;
  // What is lost before the bottleneck does not fill it.
  const loss = Math.min(maxOverload, 1 / (1 - lostFraction(link)));
  return {
    frameBytes,
    payloadBytes: frameBytes - headerBytes[family],
    offeredBitsPerSecond: declared === undefined ? bitsPerSecond : bitsPerSecond * overload * loss,
    // The backlog grows by a quarter of the time and has to outlast the jitter.
    warmUpMs: Math.min(5000, Math.max(300, 20 * link.jitterMs, 10 * frameMs)),
    windowMs: Math.min(12_000, Math.max(2000, 100 * frameMs)),
  };
}
