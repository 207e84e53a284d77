import { describe, expect, it } from "vitest";
import { formatBitRate, formatBytes, formatPercent, formatSeconds } from "./quantities.js";

describe("quantities", () => {
  it.each([
    [0, "0 B"],
    [1023, "1023 B"],
    [1536, "1.5 KiB"],
    [64 * 2 ** 20, "64 MiB"],
    [2 ** 20 - 1, "1.0 MiB"],
    [1.25 * 2 ** 30, "1.3 GiB"],
    [5000 * 2 ** 40, "5000 TiB"],
  ])("writes %d bytes as %s", (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });

  it("writes rates, times and fractions", () => {
    expect(formatBitRate(384_000)).toBe("384 kbit/s");
    expect(formatBitRate(28_693_000)).toBe("28.7 Mbit/s");
    expect(formatSeconds(9.871)).toBe("9.87 s");
    expect(formatSeconds(19.24)).toBe("19.2 s");
    expect(formatPercent(0.2314)).toBe("23.1 %");
  });
});
