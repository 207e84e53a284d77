import type { DelayDistribution } from "@swarmlab/scenario/link";
import { type Random, randomFraction } from "../ports/random.js";

/** The tables of netem end at four standard deviations. */
const MAX_DEVIATION = 4;

/**
 * One delay in milliseconds, never negative. The shapes are those of netem and the generators of its tables in iproute2:
 * uniform within the jitter on both sides, normal, Pareto with index 3 moved to a mean of zero, and a quarter of the normal
 * plus three quarters of the Pareto.
 */
export function sampleDelay(
  random: Random,
  delayMs: number,
  jitterMs: number,
  distribution: DelayDistribution,
): number {
  if (jitterMs === 0) return delayMs;
  return Math.max(0, delayMs + jitterMs * sampleDeviation(random, distribution));
}

function sampleDeviation(random: Random, distribution: DelayDistribution): number {
  switch (distribution) {
    case "uniform":
      return 2 * randomFraction(random) - 1;
    case "normal":
      return limit(sampleNormal(random));
    case "pareto":
      return limit(samplePareto(random));
    case "paretonormal":
      return limit(0.25 * sampleNormal(random) + 0.75 * samplePareto(random));
  }
}

/** Mean 0, standard deviation 1 (Box and Muller 1958). */
function sampleNormal(random: Random): number {
  // 1 - x, because the logarithm of 0 is not wanted.
  const radius = Math.sqrt(-2 * Math.log(1 - randomFraction(random)));
  return radius * Math.cos(2 * Math.PI * randomFraction(random));
}

/** Mean 0; a Pareto variable with index 3 has a mean of 1.5, and 4/3 is the scale in iproute2. */
function samplePareto(random: Random): number {
  return ((1 - randomFraction(random)) ** (-1 / 3) - 1.5) * (4 / 3);
}

function limit(deviation: number): number {
  return Math.min(MAX_DEVIATION, Math.max(-MAX_DEVIATION, deviation));
}
