import { parseLink } from "@swarmlab/scenario/link";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { floodPlan } from "./flood-plan.js";

describe("floodPlan", () => {
  it("sends full frames, a quarter more than the link carries", () => {
    expect(floodPlan(parseLink("up=20mbit,delay=10ms"), "up", 4, 1500)).toEqual({
      frameBytes: 1514,
      payloadBytes: 1472,
      offeredBitsPerSecond: 25e6,
      warmUpMs: 300,
      windowMs: 2000,
    });
    expect(floodPlan(parseLink("down=20mbit"), "down", 6, 1400)).toMatchObject({
      frameBytes: 1414,
      payloadBytes: 1352,
    });
  });

  it("makes up for what is lost before the bottleneck, within reason", () => {
    expect(floodPlan(parseLink("up=8mbit,loss=20%"), "up", 4, 1500).offeredBitsPerSecond).toBeCloseTo(12.5e6);
    expect(floodPlan(parseLink("up=8mbit,loss=100%"), "up", 4, 1500).offeredBitsPerSecond).toBeCloseTo(100e6);
  });

  it("waits until jitter cannot empty the queue", () => {
    expect(floodPlan(parseLink("up=8mbit,delay=50ms,jitter=50ms"), "up", 4, 1500).warmUpMs).toBe(1000);
  });

  it("has enough frames to count and an end, at any rate", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1000, max: 1e11 }), (bitsPerSecond) => {
        const { frameBytes, payloadBytes, warmUpMs, windowMs } = floodPlan(
          parseLink(`up=${bitsPerSecond}bit`),
          "up",
          4,
          1500,
        );
        expect(payloadBytes).toBe(frameBytes - 42);
        expect(frameBytes).toBeLessThanOrEqual(1514);
        expect(warmUpMs + windowMs).toBeLessThanOrEqual(17_000);
        expect((bitsPerSecond / 8 / frameBytes) * (windowMs / 1000)).toBeGreaterThan(14);
      }),
    );
  });
});
