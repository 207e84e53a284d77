import type { DelayDistribution, Link, LinkLoss } from "@swarmlab/scenario/link";
import { LinkPlanError } from "../link-plan-error.js";
import { largestDeviation } from "./delay-table.js";

/** Of the netem qdisc that is the leaf of a class: all that this package sets, so that nothing old stays. */
export interface NetemSettings {
  /** Packets that come while so many wait in it are dropped; those on their way count. */
  readonly limitPackets: number;
  readonly delayMs: number;
  readonly jitterMs: number;
  /** Of jitter; undefined when there is none. */
  readonly distribution: DelayDistribution | undefined;
  readonly loss: LinkLoss | undefined;
  readonly corruptPercent: number;
  readonly duplicatePercent: number;
  readonly reorderPercent: number;
}

const MIN_LIMIT_PACKETS = 1000;
/** tc shows it with a sign. */
const MAX_LIMIT_PACKETS = 2 ** 31 - 1;
/** Assumed for the limit where a rate is unlimited: more than one machine's nodes send. */
const UNLIMITED_LIMIT_BITS_PER_SECOND = 10e9;

/** The kernel keeps delays in 32 bits of 64 ns, and jitter in 31 bits of 1 ns. */
const MAX_DELAY_MS = 274_000;
const MAX_JITTER_MS = 2147;

/** How many steps the kernel has from 0 to 100 %. */
const PROBABILITY_STEPS = 2 ** 32 - 1;

/**
 * The leaf for one direction of a link, with more delay where a route has some. `bitsPerSecond` is what the line carries
 * in that direction. Throws LinkPlanError.
 */
export function netemSettings(
  link: Link,
  bitsPerSecond: number | undefined,
  routeDelayMs: number,
  mtuBytes: number,
): NetemSettings {
  const delayMs = link.delayMs + routeDelayMs;
  assertFeasible(link, delayMs);
  const longestDelayMs = delayMs + link.jitterMs * largestDeviation(link.distribution);
  return {
    limitPackets: limitPackets(bitsPerSecond, mtuBytes, longestDelayMs),
    delayMs,
    jitterMs: link.jitterMs,
    distribution: link.jitterMs > 0 ? link.distribution : undefined,
    loss: link.loss?.model === "random" && !isNoticeable(link.loss.percent) ? undefined : link.loss,
    corruptPercent: isNoticeable(link.corruptPercent) ? link.corruptPercent : 0,
    duplicatePercent: isNoticeable(link.duplicatePercent) ? link.duplicatePercent : 0,
    reorderPercent: isNoticeable(link.reorderPercent) ? link.reorderPercent : 0,
  };
}

/**
 * Half as much again as is on its way in full packets when the line is busy: netem's own 1000 cut long fat links short. As
 * packets keep their order, all of them wait behind one that jitter delays as long as it ever does.
 */
function limitPackets(bitsPerSecond: number | undefined, mtuBytes: number, longestDelayMs: number): number {
  const bytesPerMs = (bitsPerSecond ?? UNLIMITED_LIMIT_BITS_PER_SECOND) / 8 / 1000;
  const packets = Math.ceil((1.5 * bytesPerMs * longestDelayMs) / mtuBytes);
  return Math.min(MAX_LIMIT_PACKETS, Math.max(MIN_LIMIT_PACKETS, packets));
}

/** What rounds to zero for the kernel is zero. */
function isNoticeable(percent: number): boolean {
  return Math.round((percent / 100) * PROBABILITY_STEPS) > 0;
}

function assertFeasible(link: Link, delayMs: number): void {
  const percentages = [link.corruptPercent, link.duplicatePercent, link.reorderPercent, ...lossOf(link.loss)];
  const problem = !(delayMs >= 0 && delayMs <= MAX_DELAY_MS)
    ? `a delay of ${delayMs} ms is not from 0 to ${MAX_DELAY_MS} ms`
    : !(link.jitterMs >= 0 && link.jitterMs <= MAX_JITTER_MS)
      ? `a jitter of ${link.jitterMs} ms is not from 0 to ${MAX_JITTER_MS} ms, which is all that netem knows`
      : link.jitterMs > delayMs
        ? `a jitter of ${link.jitterMs} ms is more than the delay of ${delayMs} ms`
        : link.reorderPercent > 0 && delayMs === 0
          ? "reorder needs a delay: a packet overtakes by not being delayed"
          : percentages.some((percent) => !(percent >= 0 && percent <= 100))
            ? "a percentage is not from 0 to 100"
            : undefined;
  if (problem !== undefined) throw new LinkPlanError("BAD_LINK", problem);
}

function lossOf(loss: LinkLoss | undefined): number[] {
  if (loss === undefined) return [];
  return loss.model === "random"
    ? [loss.percent]
    : [loss.toBadPercent, loss.toGoodPercent, loss.badLossPercent, loss.goodLossPercent];
}
