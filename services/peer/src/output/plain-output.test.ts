import { describe, expect, it } from "vitest";
import { PlainOutput } from "./plain-output.js";
import { formatBitRate, formatBytes, percentOf } from "./quantities.js";
import { statusLine } from "./status-line.js";

const MIB = 2 ** 20;
const progress = {
  event: "progress",
  verifiedBytes: 10 * MIB,
  downloadedBytes: 0,
  uploadedBytes: 0,
  downBitsPerSecond: 8_100_000,
  upBitsPerSecond: 999,
  peers: 1,
} as const;

describe("PlainOutput", () => {
  it("says nothing but how far long hashing is, for the log tells the rest", () => {
    const lines: string[] = [];
    const log: string[] = [];
    let nowMs = 0;
    const output = new PlainOutput(
      { write: (text) => lines.push(text) },
      { write: (text) => log.push(text) },
      () => nowMs,
    );
    for (; nowMs < 12_000; nowMs += 500) {
      output.show({ event: "hashing", hashedBytes: nowMs, totalBytes: 20_000 });
    }
    for (; nowMs < 15_000; nowMs += 500) {
      output.show({ event: "checking", checkedBytes: nowMs, totalBytes: 20_000 });
    }
    output.show(progress);
    output.log("example\n");
    expect(lines).toEqual(["hashing 25 %\n", "hashing 50 %\n"]);
    expect(log).toEqual(["example\n"]);
  });
});

describe("statusLine", () => {
  it("says how far a download is and how fast", () => {
    expect(statusLine(progress, 100 * MIB)).toBe(
      "10.0 MiB of 100.0 MiB, down 8.1 Mbit/s, up 999 bit/s, 1 peer",
    );
  });
});

describe("quantities", () => {
  it.each([
    [formatBytes(0), "0 B"],
    [formatBytes(1023), "1023 B"],
    [formatBytes(1.5 * MIB), "1.5 MiB"],
    [formatBitRate(999), "999 bit/s"],
    [formatBitRate(1_500_000_000), "1.5 Gbit/s"],
    [percentOf(999, 1000), 99],
    [percentOf(0, 0), 100],
  ])("are written as people read them: %s", (actual, expected) => {
    expect(actual).toBe(expected);
  });
});
