import { describe, expect, it } from "vitest";
import { distributionBound } from "./bounds.js";

// 10 Mbit of data, so that a rate in Mbit/s divides it by eye.
const fileBytes = 1_250_000;
const MBIT = 1_000_000;

function leechers(count: number, upMbit?: number, downMbit?: number) {
  return Array.from({ length: count }, () => ({
    ...(upMbit === undefined ? {} : { upBitsPerSecond: upMbit * MBIT }),
    ...(downMbit === undefined ? {} : { downBitsPerSecond: downMbit * MBIT }),
  }));
}

describe("distributionBound (Kumar and Ross 2006)", () => {
  it("is bound by the slowest download: 10 Mbit at 2 Mbit/s are 5 s", () => {
    expect(
      distributionBound({
        fileBytes,
        seederUpBitsPerSecond: 100 * MBIT,
        leechers: [...leechers(2, 10, 20), ...leechers(1, 10, 2)],
      }),
    ).toEqual({
      seconds: 5,
      bindingTerm: "slowest-download",
      terms: { "slowest-download": 5, "seeder-upload": 0.1, "total-upload": 30 / 130 },
    });
  });

  it("is bound by the seeder's upload: 10 Mbit at 1 Mbit/s are 10 s, however fast the leechers are", () => {
    expect(
      distributionBound({ fileBytes, seederUpBitsPerSecond: MBIT, leechers: leechers(4, 100, 100) }),
    ).toMatchObject({ seconds: 10, bindingTerm: "seeder-upload" });
  });

  it("is bound by all uploads together: 9 copies of 10 Mbit at 11 + 9 x 0.5 = 15.5 Mbit/s", () => {
    const bound = distributionBound({
      fileBytes,
      seederUpBitsPerSecond: 11 * MBIT,
      leechers: leechers(9, 0.5),
    });
    expect(bound.bindingTerm).toBe("total-upload");
    expect(bound.seconds).toBeCloseTo(5.8065, 4);
    expect(bound.terms).not.toHaveProperty("slowest-download");
  });

  it("leaves out what is unlimited, and is zero when everything is", () => {
    expect(distributionBound({ fileBytes, leechers: leechers(3) })).toEqual({
      seconds: 0,
      bindingTerm: "unlimited",
      terms: {},
    });
    expect(distributionBound({ fileBytes, leechers: leechers(3, 1, 5) })).toEqual({
      seconds: 2,
      bindingTerm: "slowest-download",
      terms: { "slowest-download": 2 },
    });
  });

  it("is zero without leechers or without bytes", () => {
    expect(distributionBound({ fileBytes, seederUpBitsPerSecond: 1, leechers: [] }).seconds).toBe(0);
    expect(
      distributionBound({ fileBytes: 0, seederUpBitsPerSecond: 1, leechers: leechers(1, 1) }),
    ).toMatchObject({ seconds: 0, bindingTerm: "unlimited" });
  });

  it("refuses a rate of zero", () => {
    expect(() => distributionBound({ fileBytes, leechers: leechers(1, 0) })).toThrow(RangeError);
  });
});

describe("distributionBound (Mundinger, Weber and Weiss 2008)", () => {
  it("adds floor(log2 10) = 3 rounds of one of 64 pieces: 33.5 s become 35.1 s", () => {
    // 64 MiB at 16 Mbit/s: 33.554432 s; times 1 + 3/64.
    const bound = distributionBound({
      fileBytes: 64 * 1024 * 1024,
      seederUpBitsPerSecond: 16 * MBIT,
      leechers: leechers(10, 16),
      pieceCount: 64,
    });
    expect(bound.bindingTerm).toBe("piece-forwarding");
    expect(bound.seconds).toBeCloseTo(35.1273, 4);
    expect(bound.terms["seeder-upload"]).toBeCloseTo(33.5544, 4);
  });

  it("adds nothing for a single leecher", () => {
    expect(
      distributionBound({
        fileBytes,
        seederUpBitsPerSecond: MBIT,
        leechers: leechers(1, 1),
        pieceCount: 10,
      }),
    ).toMatchObject({ seconds: 10, bindingTerm: "seeder-upload", terms: { "piece-forwarding": 10 } });
  });

  it("does not apply when uploads differ", () => {
    const bound = distributionBound({
      fileBytes,
      seederUpBitsPerSecond: MBIT,
      leechers: [...leechers(1, 1), ...leechers(1, 2)],
      pieceCount: 10,
    });
    expect(bound.terms).not.toHaveProperty("piece-forwarding");
  });
});
