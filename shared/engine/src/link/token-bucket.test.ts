import { describe, expect, it } from "vitest";
import { TokenBucket } from "./token-bucket.js";

describe("TokenBucket", () => {
  it("lets the burst pass at once and the rest at the rate", () => {
    const bucket = new TokenBucket(1000, 500);
    expect(bucket.take(0, 500)).toBe(true);
    expect(bucket.take(0, 100)).toBe(false);
    expect(bucket.msUntil(0, 100)).toBe(100);
    expect(bucket.take(99, 100)).toBe(false);
    expect(bucket.take(100, 100)).toBe(true);
    expect(bucket.msUntil(100, 500)).toBe(500);
  });

  it("saves up no more than the burst", () => {
    const bucket = new TokenBucket(1000, 500);
    expect(bucket.take(1_000_000, 500)).toBe(true);
    expect(bucket.take(1_000_000, 1)).toBe(false);
  });

  it("lets more than the burst pass on credit when it is full", () => {
    const bucket = new TokenBucket(1000, 500);
    expect(bucket.take(0, 2000)).toBe(true);
    expect(bucket.msUntil(0, 1)).toBe(1501);
    expect(bucket.take(1999, 2000)).toBe(false);
    expect(bucket.take(2000, 2000)).toBe(true);
  });

  it("is a serial line without a burst: each reservation ends when its last byte has passed", () => {
    const bucket = new TokenBucket(1000, 0);
    expect(bucket.reserve(10, 100)).toBe(110);
    expect(bucket.reserve(10, 50)).toBe(160);
    expect(bucket.reserve(500, 1)).toBe(501);
  });

  it("keeps what is owed when the rate changes", () => {
    const bucket = new TokenBucket(1000, 0);
    bucket.reserve(0, 1000);
    bucket.setRate(500, 5000, 0);
    expect(bucket.reserve(500, 0)).toBe(600);
  });

  it.each([1_000, 125_000_000, 12_500_000_000])(
    "is exact over ten seconds at %i bytes/s, looked at every millisecond",
    (rate) => {
      const blockBytes = 1 + rate / 10_000;
      const bucket = new TokenBucket(rate, rate / 100);
      let passedBytes = 0;
      for (let nowMs = 0; nowMs <= 10_000; nowMs++) {
        while (bucket.take(nowMs, blockBytes)) passedBytes += blockBytes;
      }
      expect(Math.abs(passedBytes - rate * 10.01)).toBeLessThanOrEqual(blockBytes);
    },
  );

  it("refuses a rate of zero", () => {
    expect(() => new TokenBucket(0, 1)).toThrow(RangeError);
  });
});
