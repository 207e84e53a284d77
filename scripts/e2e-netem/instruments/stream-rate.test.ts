import { describe, expect, it } from "vitest";
import { frameRate } from "./stream-rate.js";

/** Reads of one full packet each, so many microseconds apart. */
function reads(count: number, intervalMs: number, heldUpAt?: number) {
  let atMs = 0;
  return Array.from({ length: count }, (_, index) => {
    atMs += index === heldUpAt ? 300 : intervalMs;
    return { atMs, bytes: 1448 };
  });
}

describe("the rate of a stream", () => {
  // A frame of 1514 bytes every 1.2112 ms.
  it("counts whole frames", () => {
    expect(frameRate(reads(2000, 1.2112), 10e6)).toBeCloseTo(10e6, -4);
  });

  it("is not what a moment is in which nothing was read", () => {
    expect(frameRate(reads(2000, 1.2112, 700), 10e6)).toBeCloseTo(10e6, -5);
  });

  it("is unknown of nothing", () => {
    expect(frameRate([], 10e6)).toBeNaN();
  });
});
