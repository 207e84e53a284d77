import { describe, expect, it } from "vitest";
import {
  burstLengthInterval,
  burstLossInterval,
  distributionDistance,
  median,
  percentInterval,
} from "./statistics.js";

describe("the median", () => {
  it("is the value in the middle", () => {
    expect(median([9, 1, 5])).toBe(5);
    expect(median([])).toBeNaN();
  });
});

describe("an interval", () => {
  it("of independent losses narrows with the root of their number", () => {
    const { from, to } = percentInterval(5, 4000);
    expect([from, to].map((value) => value.toFixed(2))).toEqual(["3.86", "6.14"]);
    const wide = percentInterval(5, 1000);
    expect(wide.to - wide.from).toBeCloseTo(2 * (to - from), 6);
  });

  it("of losses in bursts is wider, and the same where states do not last", () => {
    expect(burstLossInterval(2, 25, 4000).to).toBeGreaterThan(percentInterval(7.41, 4000).to);
    expect(burstLossInterval(40, 60, 4000)).toEqual(percentInterval(40, 4000));
  });

  it("of the length of bursts lies around its mean", () => {
    const { from, to } = burstLengthInterval(25, 100);
    expect((from + to) / 2).toBeCloseTo(4, 6);
  });
});

describe("the distance from a distribution", () => {
  const uniform = (value: number): number => Math.min(1, Math.max(0, value));

  it("is small for values that come from it", () => {
    const values = Array.from({ length: 100 }, (_, index) => (index + 0.5) / 100);
    expect(distributionDistance(values, uniform)).toBeCloseTo(0.005, 6);
  });

  it("is large for values that do not", () => {
    expect(distributionDistance([0.9, 0.95, 1], uniform)).toBeCloseTo(0.9, 6);
  });
});
