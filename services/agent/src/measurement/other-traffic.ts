import type { Link } from "@swarmlab/scenario/link";
import type { LinkQueues } from "../links/kernel-links.js";

/** What a round trip takes in each direction: an echo of `ping` in its Ethernet frame, or a byte by TCP and what confirms it. */
const pingBytes = 135;
/** A link that is less busy than this is hardly felt by who measures. */
const busyFraction = 0.05;

/** Whether a link carried more than the pings between two looks at its queues. Unlimited directions delay nobody. */
export function hasOtherTraffic(
  link: Link,
  before: LinkQueues,
  after: LinkQueues,
  elapsedMs: number,
  pings: number,
): boolean {
  const isBusy = (direction: "up" | "down", bitsPerSecond: number | undefined) => {
    if (bitsPerSecond === undefined) return false;
    const sentBytes = after[direction].sentBytes - before[direction].sentBytes;
    const possibleBytes = (bitsPerSecond / 8) * (elapsedMs / 1000);
    return sentBytes - pings * pingBytes > busyFraction * possibleBytes;
  };
  return isBusy("up", link.upBitsPerSecond) || isBusy("down", link.downBitsPerSecond);
}
