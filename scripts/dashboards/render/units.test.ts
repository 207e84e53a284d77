import { describe, expect, it } from "vitest";
import { formatValue, lastTick, ticks } from "./units.js";

describe("formatValue", () => {
  it.each([
    [12_345_678, "bps", "12.3 Mb/s"],
    [1536, "bytes", "1.5 KiB"],
    [0, "bytes", "0 B"],
    [0.0204, "s", "20.4 ms"],
    [18.72, "s", "18.7 s"],
    [420, "s", "7 min"],
    [0.956, "percentunit", "95.6 %"],
    [1234, "short", "1.23 K"],
    [3, "none", "3"],
  ])("writes %d %s as %s", (value, unit, expected) => {
    expect(formatValue(value, { unit })).toBe(expected);
  });

  it("keeps the decimals that are asked for", () => {
    expect(formatValue(1, { unit: "percentunit", decimals: 0 })).toBe("100 %");
    expect(formatValue(16.9, { unit: "s", decimals: 1 })).toBe("16.9 s");
  });

  it("refuses a unit that it does not know", () => {
    expect(() => formatValue(1, { unit: "furlong" })).toThrow(RangeError);
  });
});

describe("ticks", () => {
  it("are round in the unit that is shown", () => {
    expect(ticks(0, 20e6, { unit: "bps" }, 5)).toEqual([0, 5e6, 10e6, 15e6, 20e6]);
    expect(ticks(0, 100 * 2 ** 20, { unit: "bytes" }, 6).map((bytes) => bytes / 2 ** 20)).toEqual([
      0, 20, 40, 60, 80, 100,
    ]);
    expect(ticks(0, 3, { unit: "none", decimals: 0 }, 5)).toEqual([0, 1, 2, 3]);
  });

  it("are one where there is no range", () => {
    expect(ticks(1, 1, { unit: "none" }, 5)).toEqual([1]);
  });
});

it("ends an axis at the first tick that is not below all values", () => {
  expect(lastTick(0, 17.3e6, { unit: "bps" }, 5)).toBe(20e6);
  expect(lastTick(0, 20e6, { unit: "bps" }, 5)).toBe(20e6);
  expect(lastTick(0, 0, { unit: "bytes" }, 5)).toBe(1);
  const max = lastTick(0, 1.03, { unit: "percentunit" }, 6);
  expect(ticks(0, max, { unit: "percentunit" }, 6).at(-1)).toBe(max);
});
