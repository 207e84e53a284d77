import type { Link } from "@swarmlab/scenario/link";
import type { LinkQueues } from "../links/kernel-links.js";
import type { RoundTripCost } from "./link-probes.js";

/** A link that is less busy than this is hardly felt by who measures. */
const busyFraction = 0.05;
/** Nor does a median move when fewer of the round trips than this wait for another packet. */
const heldUpFraction = 0.2;

/**
 * Whether a link carried so much more than a number of round trips between two looks at its queues that they had to wait: for its rate,
 * or, as jitter keeps the order of packets, for one before them that was given a longer delay.
 */
export function hasOtherTraffic(
  link: Link,
  before: LinkQueues,
  after: LinkQueues,
  elapsedMs: number,
  roundTrips: number,
  cost: RoundTripCost,
): boolean {
  const isFull = (direction: "up" | "down", bitsPerSecond: number | undefined) => {
    if (bitsPerSecond === undefined) return false;
    const sentBytes = after[direction].sentBytes - before[direction].sentBytes;
    const possibleBytes = (bitsPerSecond / 8) * (elapsedMs / 1000);
    return sentBytes - roundTrips * cost.bytes > busyFraction * possibleBytes;
  };
  // A packet can wait only for those that came before it within the span that jitter draws delays from.
  const isDense = (direction: "up" | "down") => {
    const packets = after[direction].sentPackets - before[direction].sentPackets - roundTrips * cost.packets;
    return packets * 2 * link.jitterMs > heldUpFraction * elapsedMs;
  };
  return (
    isFull("up", link.upBitsPerSecond) ||
    isFull("down", link.downBitsPerSecond) ||
    isDense("up") ||
    isDense("down")
  );
}
