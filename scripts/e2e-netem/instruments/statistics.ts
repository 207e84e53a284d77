/** The value in the middle; NaN of nothing. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** The value below which a fraction of all lies; NaN of nothing. */
export function quantile(values: readonly number[], fraction: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * fraction))] ?? Number.NaN;
}

/** From a to b; what is in between is no surprise. */
export interface Interval {
  readonly from: number;
  readonly to: number;
}

/** How many standard deviations a measured figure may stray: once in 1000 times it strays further by chance. */
const CONFIDENCE_DEVIATIONS = 3.3;

/** Where the percentage of `count` independent trials lies, if each succeeds with this one. */
export function percentInterval(percent: number, count: number): Interval {
  const probability = percent / 100;
  return around(percent, 100 * Math.sqrt((probability * (1 - probability)) / count));
}

/**
 * Where the percentage of losses lies in the Gilbert-Elliott model, which loses all packets in the bad state and none in
 * the good one. States of a two-state Markov chain resemble each other over time, which widens the interval by
 * (1 + lambda) / (1 - lambda) with lambda = 1 - p - r.
 */
export function burstLossInterval(toBadPercent: number, toGoodPercent: number, count: number): Interval {
  const toBad = toBadPercent / 100;
  const toGood = toGoodPercent / 100;
  const loss = toBad / (toBad + toGood);
  const lambda = 1 - toBad - toGood;
  const variance = ((loss * (1 - loss)) / count) * ((1 + lambda) / (1 - lambda));
  return around(100 * loss, 100 * Math.sqrt(variance));
}

/** Where the mean length of `bursts` bursts lies that end with this probability after every packet. */
export function burstLengthInterval(toGoodPercent: number, bursts: number): Interval {
  const toGood = toGoodPercent / 100;
  return around(1 / toGood, Math.sqrt((1 - toGood) / (toGood * toGood * bursts)));
}

/**
 * The greatest difference between the share of values up to any x and the probability of x (Kolmogorov and Smirnov);
 * beyond 1.95 / sqrt(n) the values come from another distribution, but for once in 1000 times.
 */
export function distributionDistance(
  values: readonly number[],
  probability: (value: number) => number,
): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted.reduce((greatest, value, index) => {
    const expected = probability(value);
    return Math.max(
      greatest,
      Math.abs(expected - index / sorted.length),
      Math.abs(expected - (index + 1) / sorted.length),
    );
  }, 0);
}

function around(mean: number, deviation: number): Interval {
  const margin = CONFIDENCE_DEVIATIONS * deviation;
  return { from: Math.max(0, mean - margin), to: mean + margin };
}
