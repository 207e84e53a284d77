import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { shownRate } from "../testing/tc-numbers.js";
import { lineClass, sharingClass, showableRate } from "./htb-class.js";

describe("a rate", () => {
  it.each([
    [1000, 1000],
    [1001, 1000],
    [384_500, 384_496],
    [1_500_000, 1_500_000],
    [1_234_567, 1_234_000],
    [999_999, 999_992],
    [40e9, 40e9],
    [1e12, 1e12],
  ])("of %d bit/s becomes %d bit/s", (wanted, made) => {
    expect(showableRate(wanted)).toBe(made);
  });

  it("is less than it should be by 0.1 % or 8 bit/s at most, and shown as it is", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1000, max: 1e12 }), (wanted) => {
        const rate = showableRate(wanted);
        expect(rate).toBeLessThanOrEqual(wanted);
        expect(rate).toBeGreaterThan(Math.min(wanted * 0.999, wanted - 8) - 1);
        const [, number = "", unit = ""] = /^(\d+)([KMGT]?)bit$/.exec(shownRate(rate)) ?? [];
        expect(Number(number) * 1000 ** " KMGT".indexOf(unit || " ")).toBe(rate);
        expect(showableRate(rate)).toBe(rate);
      }),
    );
  });
});

describe("a line", () => {
  it.each([
    [384_000, 1500, 1514],
    [20e6, 1500, 50_000],
    [1e9, 1500, 2_500_000],
    [1e6, 9000, 9014],
  ])("of %d bit/s with an MTU of %d sends %d bytes at once", (rate, mtu, burst) => {
    expect(lineClass(1, rate, mtu)).toMatchObject({ burstBytes: burst, ceilBurstBytes: burst });
  });

  it("is shared by classes that have nothing to themselves and may take it all", () => {
    const line = lineClass(1, 20e6, 1500);
    expect(sharingClass(0x11, line, 1500)).toEqual({
      minor: 0x11,
      parentMinor: 1,
      rateBitsPerSecond: 1000,
      ceilBitsPerSecond: 20e6,
      burstBytes: 1514,
      ceilBurstBytes: 50_000,
      quantumBytes: 1514,
    });
  });

  it("never has a burst that the kernel cannot count, nor a quantum that it would raise", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1000, max: 1e12 }), fc.integer({ min: 68, max: 65535 }), (rate, mtu) => {
        const line = lineClass(1, rate, mtu);
        for (const { burstBytes, ceilBurstBytes, quantumBytes } of [line, sharingClass(2, line, mtu)]) {
          expect(burstBytes / (1000 / 8)).toBeGreaterThan(0);
          expect(ceilBurstBytes).toBeLessThan(2 ** 32);
          expect(quantumBytes).toBeGreaterThanOrEqual(1000);
        }
        expect((line.burstBytes / (line.rateBitsPerSecond / 8)) * (1e9 / 64)).toBeLessThan(2 ** 32);
      }),
    );
  });
});
