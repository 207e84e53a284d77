import type { Link } from "@swarmlab/scenario/link";
import type { Route } from "../interface-link.js";

/**
 * The kernel counts a buffer by the memory of its packets, nearly twice their payload, and lets the window grow to twice
 * what is on its way.
 */
const BUFFER_PER_PAYLOAD = 4;
const MAX_BUFFER_BYTES = 2 ** 30;

/**
 * How much one connection must be able to hold so that it can fill the line: the bandwidth-delay product, reckoned with a
 * node at the other end that is as far from the network as this one. Undefined where the line's rate is unlimited.
 */
export function tcpBufferBytes(
  bitsPerSecond: number | undefined,
  link: Link,
  routes: readonly Route[],
): number | undefined {
  if (bitsPerSecond === undefined) return undefined;
  const farthestMs = routes.reduce((farthest, { delayMs }) => Math.max(farthest, delayMs), 0);
  const rttSeconds = (2 * (2 * (link.delayMs + link.jitterMs) + farthestMs)) / 1000;
  return Math.min(MAX_BUFFER_BYTES, Math.ceil((BUFFER_PER_PAYLOAD * bitsPerSecond * rttSeconds) / 8));
}
