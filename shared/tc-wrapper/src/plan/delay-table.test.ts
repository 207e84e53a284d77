import { DELAY_DISTRIBUTIONS, type DelayDistribution } from "@swarmlab/scenario/link";
import { describe, expect, it } from "vitest";
import { delayTable, distributionMark, largestDeviation, markedDistribution } from "./delay-table.js";

function deviations(distribution: DelayDistribution): number[] {
  return delayTable(distribution)
    .trim()
    .split(/\s+/)
    .map((entry) => Number(entry) / 8192);
}

function moments(values: readonly number[]): { mean: number; deviation: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return { mean, deviation: Math.sqrt(variance) };
}

describe("the table of a distribution", () => {
  // Those of normal, pareto and paretonormal are the moments of the tables in iproute2.
  it.each([
    ["uniform", 0, 0.577],
    ["normal", 0, 1],
    ["pareto", -0.033, 0.82],
    ["paretonormal", -0.025, 0.834],
  ] as const)("%s has mean %d and standard deviation %d", (distribution, mean, deviation) => {
    const found = moments(deviations(distribution));
    expect(found.mean).toBeCloseTo(mean, 2);
    expect(found.deviation).toBeCloseTo(deviation, 2);
  });

  it.each(DELAY_DISTRIBUTIONS)(
    "%s has as many entries of 16 bits as netem takes, in order",
    (distribution) => {
      const entries = delayTable(distribution).trim().split(/\s+/).map(Number);
      expect(entries.length).toBe(4096);
      expect(entries.every((entry) => Number.isInteger(entry) && Math.abs(entry) <= 32767)).toBe(true);
      expect(entries).toEqual(entries.toSorted((a, b) => a - b));
    },
  );

  it("has the quantiles of the normal distribution", () => {
    const normal = deviations("normal");
    expect(normal[Math.round(4096 * 0.975)]).toBeCloseTo(1.96, 2);
    expect(normal[Math.round(4096 * 0.1587)]).toBeCloseTo(-1, 2);
  });

  it.each(DELAY_DISTRIBUTIONS)("%s has no deviation that is larger than its largest", (distribution) => {
    const largest = Math.max(...deviations(distribution));
    expect(largest).toBeLessThanOrEqual(largestDeviation(distribution));
    expect(largest).toBeGreaterThan(0.9 * largestDeviation(distribution));
  });

  it("is known again by its mark", () => {
    expect(DELAY_DISTRIBUTIONS.map((name) => markedDistribution(distributionMark(name)))).toEqual(
      DELAY_DISTRIBUTIONS,
    );
    expect(markedDistribution(distributionMark(undefined))).toBeUndefined();
    expect(markedDistribution(77)).toBeUndefined();
  });
});
