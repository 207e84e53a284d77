import { describe, expect, it } from "vitest";
import { PlainOutput } from "./plain-output.js";
import { formatBitRate, formatBytes, percentOf } from "./quantities.js";

const MIB = 2 ** 20;

function progress(verifiedBytes: number) {
  const rates = { downBitsPerSecond: 8_100_000, upBitsPerSecond: 999 };
  return {
    event: "progress",
    verifiedBytes,
    downloadedBytes: 0,
    uploadedBytes: 0,
    ...rates,
    peers: 1,
  } as const;
}

describe("PlainOutput", () => {
  it("writes a line of progress for each ten percent, however often it is told", () => {
    const lines: string[] = [];
    const output = new PlainOutput({ write: (text) => lines.push(text) }, process.stderr);
    output.show({
      event: "torrent",
      infoHash: "",
      name: "example.iso",
      totalBytes: 100 * MIB,
      pieceCount: 400,
      magnet: "magnet:?example",
    });
    for (let mib = 0; mib <= 100; mib++) output.show(progress(mib * MIB));
    expect(lines[0]).toBe("example.iso: 100.0 MiB in 400 pieces\nmagnet:?example\n");
    expect(lines.slice(1)).toHaveLength(11);
    expect(lines[2]).toBe(" 10 % 10.0 MiB of 100.0 MiB, down 8.1 Mbit/s, up 999 bit/s, 1 peer\n");
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
