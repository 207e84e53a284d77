import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ArrivalRate, nothing } from "./arrival-rate.js";

function rateOf(timesMs: readonly number[], dropped = 0): number {
  const arrivals = new ArrivalRate();
  for (const time of timesMs) arrivals.add(time);
  const { datagrams, seconds } = arrivals.withDropped(dropped);
  return datagrams / seconds;
}

const every = (ms: number, count: number) => Array.from({ length: count }, (_, index) => index * ms);

describe("ArrivalRate", () => {
  it("of an even stream is its pace", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.01, max: 900, noNaN: true }),
        fc.integer({ min: 2, max: 2000 }),
        (ms, count) => {
          expect(rateOf(every(ms, count)) * ms).toBeCloseTo(1000, 3);
        },
      ),
    );
  });

  it("is hardly moved by a reader that was held up at the beginning or the end", () => {
    // For 70 ms of 2 s nothing is read, and then all at once.
    const late = every(1, 2000).map((time) => Math.max(time, 70));
    expect(rateOf(late)).toBeGreaterThan(990);
    expect(rateOf(late)).toBeLessThan(1030);
    const early = every(1, 2000).map((time) => (time > 1930 ? 2000 : time));
    expect(rateOf(early)).toBeGreaterThan(970);
    expect(rateOf(early)).toBeLessThan(1030);
  });

  it("counts what was dropped", () => {
    expect(rateOf(every(2, 1000), 250)).toBeCloseTo(625);
  });

  it("is nothing of less than two moments", () => {
    const arrivals = new ArrivalRate();
    expect(arrivals.withDropped(0)).toEqual(nothing);
    arrivals.add(5);
    arrivals.add(5);
    expect(arrivals.withDropped(3)).toEqual(nothing);
  });
});
