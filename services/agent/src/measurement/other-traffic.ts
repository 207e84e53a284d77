import type { Link } from "@swarmlab/scenario/link";
import type { LinkQueues } from "../links/kernel-links.js";

/** An echo request or answer of `ping` in its Ethernet frame. */
const pingBytes = 98;
/** A link that is less busy than this is hardly felt by who measures. */
const busyFraction = 0.05;
/** Nor does a median move when fewer of the pings than this wait for another packet. */
const heldUpFraction = 0.2;

/**
 * Whether a link carried so much more than the pings between two looks at its queues that they had to wait: for its rate,
 * or, as jitter keeps the order of packets, for one before them that was given a longer delay.
 */
export function hasOtherTraffic(
  link: Link,
  before: LinkQueues,
  after: LinkQueues,
  elapsedMs: number,
  pings: number,
): boolean {
  const isFull = (direction: "up" | "down", bitsPerSecond: number | undefined) => {
    if (bitsPerSecond === undefined) return false;
    const sentBytes = after[direction].sentBytes - before[direction].sentBytes;
    const possibleBytes = (bitsPerSecond / 8) * (elapsedMs / 1000);
    return sentBytes - pings * pingBytes > busyFraction * possibleBytes;
  };
  // A packet can wait only for those that came before it within the span that jitter draws delays from.
  const isDense = (direction: "up" | "down") => {
    const packets = after[direction].sentPackets - before[direction].sentPackets - pings;
    return packets * 2 * link.jitterMs > heldUpFraction * elapsedMs;
  };
  return (
    isFull("up", link.upBitsPerSecond) ||
    isFull("down", link.downBitsPerSecond) ||
    isDense("up") ||
    isDense("down")
  );
}
