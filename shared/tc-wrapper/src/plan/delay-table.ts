import { DELAY_DISTRIBUTIONS, type DelayDistribution } from "@swarmlab/scenario/link";

/** One standard deviation (or, for `uniform`, half the width) in netem's tables, whose entries have 16 bits. */
const SCALE = 8192;
const MAX_ENTRY = 32767;
const MAX_DEVIATION = 4;
const ENTRIES = 4096;

/**
 * netem keeps the table that it once got until it gets another, and does not show which. The packet overhead of its rate
 * limit does no harm at the rate used here and is shown: it says which table was loaded, or 0 for none.
 */
export function distributionMark(distribution: DelayDistribution | undefined): number {
  return distribution === undefined ? 0 : DELAY_DISTRIBUTIONS.indexOf(distribution) + 1;
}

export function markedDistribution(mark: number): DelayDistribution | undefined {
  return DELAY_DISTRIBUTIONS[mark - 1];
}

/**
 * A table for `tc qdisc … netem … distribution NAME`: deviations in ascending order, of which netem draws one. The shapes
 * are those of the tables in iproute2: uniform within the jitter on both sides, normal, Pareto with index 3 moved to a mean
 * of zero, and, entry by entry, a quarter of the normal plus three quarters of the Pareto.
 */
export function delayTable(distribution: DelayDistribution): string {
  const deviations = deviationsOf(distribution).map((deviation) =>
    Math.min(MAX_ENTRY, Math.max(-MAX_ENTRY, Math.round(deviation * SCALE))),
  );
  const lines: string[] = [];
  for (let start = 0; start < deviations.length; start += 16) {
    lines.push(deviations.slice(start, start + 16).join(" "));
  }
  return `${lines.join("\n")}\n`;
}

/** The end of a table: by how many times the jitter a packet may be late. */
export function largestDeviation(distribution: DelayDistribution): number {
  return distribution === "uniform" ? 1 : MAX_DEVIATION;
}

function deviationsOf(distribution: DelayDistribution): number[] {
  switch (distribution) {
    case "uniform":
      return quantiles(ENTRIES).map((quantile) => 2 * quantile - 1);
    case "normal":
      return quantiles(ENTRIES).map(normalDeviation);
    case "pareto":
      return quantiles(ENTRIES).map(paretoDeviation);
    case "paretonormal":
      return quantiles(ENTRIES).map(
        (quantile) => 0.25 * normalDeviation(quantile) + 0.75 * paretoDeviation(quantile),
      );
  }
}

/** The middles of `count` equal parts of the range from 0 to 1. */
function quantiles(count: number): number[] {
  return Array.from({ length: count }, (_, index) => (index + 0.5) / count);
}

/** A Pareto variable with index 3 has a mean of 1.5; 4/3 is the scale, and 4 the end, of the table in iproute2. */
function paretoDeviation(quantile: number): number {
  return Math.min(MAX_DEVIATION, ((1 - quantile) ** (-1 / 3) - 1.5) * (4 / 3));
}

/** The normal quantile, by bisection of the distribution function. */
function normalDeviation(quantile: number): number {
  let low = -MAX_DEVIATION;
  let high = MAX_DEVIATION;
  for (let step = 0; step < 40; step++) {
    const middle = (low + high) / 2;
    if (normalProbability(middle) < quantile) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** Phi(x) by its power series around 0 (Abramowitz and Stegun 1964, 26.2.11), exact enough within four deviations. */
function normalProbability(x: number): number {
  let term = x;
  let sum = x;
  for (let n = 1; n < 100; n++) {
    term *= (x * x) / (2 * n + 1);
    sum += term;
  }
  return 0.5 + (sum * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI);
}
