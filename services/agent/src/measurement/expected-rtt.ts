import type { Link } from "@swarmlab/scenario/link";

/** What round trips over one or more declared links are to be like. */
export interface ExpectedRtt {
  /** Without jitter. */
  readonly declaredMs: number;
  /** Of a single round trip, by jitter. */
  readonly deviationMs: number;
  /** How many of the round trips are shorter, because a packet was not delayed in one direction (netem's reordering). */
  readonly undelayedFraction: number;
  /** How many of the packets sent come back. */
  readonly answeredFraction: number;
}

/** Round trips that pass each of the links once in either direction, and `extraMs` besides. */
export function expectedRtt(links: readonly Link[], extraMs = 0): ExpectedRtt {
  let declaredMs = extraMs;
  let variance = 0;
  let delayedFraction = 1;
  let answeredFraction = 1;
  for (const link of links) {
    declaredMs += 2 * link.delayMs;
    variance += 2 * jitterDeviationMs(link) ** 2;
    delayedFraction *= (1 - link.reorderPercent / 100) ** 2;
    answeredFraction *= (1 - lostFraction(link)) ** 2;
  }
  return {
    declaredMs,
    deviationMs: Math.sqrt(variance),
    undelayedFraction: 1 - delayedFraction,
    answeredFraction,
  };
}

/** How many packets do not arrive, or not intact, on their way in one direction; of a long run of them. */
export function lostFraction({ loss, corruptPercent }: Link): number {
  return 1 - (1 - averageLoss(loss)) * (1 - corruptPercent / 100);
}

function averageLoss(loss: Link["loss"]): number {
  if (loss === undefined) return 0;
  if (loss.model === "random") return loss.percent / 100;
  const { toBadPercent, toGoodPercent, badLossPercent, goodLossPercent } = loss;
  // It begins in the good state; the shares of time are those of a two-state Markov chain.
  const badFraction = toBadPercent === 0 ? 0 : toBadPercent / (toBadPercent + toGoodPercent);
  return (badFraction * badLossPercent + (1 - badFraction) * goodLossPercent) / 100;
}

function jitterDeviationMs({ jitterMs, distribution }: Link): number {
  return distribution === "uniform" ? jitterMs / Math.sqrt(3) : jitterMs;
}
