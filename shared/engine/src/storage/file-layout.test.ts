import type { TorrentFile } from "@swarmlab/metainfo/info";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FileLayout } from "./file-layout.js";

function layoutOf(lengths: readonly number[]): { layout: FileLayout; totalBytes: number } {
  let offsetBytes = 0;
  const files: TorrentFile[] = lengths.map((lengthBytes, i) => {
    const file = { path: [`${i}`], lengthBytes, offsetBytes, isPadding: false };
    offsetBytes += lengthBytes;
    return file;
  });
  return { layout: new FileLayout(files), totalBytes: offsetBytes };
}

describe("FileLayout", () => {
  it("splits a range at the borders of files and leaves out empty ones", () => {
    const { layout } = layoutOf([0, 5, 0, 0, 3, 10, 0]);
    expect(layout.spans(3, 8)).toEqual([
      { fileIndex: 1, fileOffsetBytes: 3, lengthBytes: 2, isPadding: false },
      { fileIndex: 4, fileOffsetBytes: 0, lengthBytes: 3, isPadding: false },
      { fileIndex: 5, fileOffsetBytes: 0, lengthBytes: 3, isPadding: false },
    ]);
    expect(layout.spans(5, 1)).toEqual([
      { fileIndex: 4, fileOffsetBytes: 0, lengthBytes: 1, isPadding: false },
    ]);
    expect(layout.spans(5, 0)).toEqual([]);
  });

  it("says which spans are padding", () => {
    const layout = new FileLayout([
      { path: ["a"], lengthBytes: 1, offsetBytes: 0, isPadding: false },
      { path: ["pad"], lengthBytes: 3, offsetBytes: 1, isPadding: true },
    ]);
    expect(layout.spans(0, 4).map(({ isPadding }) => isPadding)).toEqual([false, true]);
  });

  it("refuses a range outside the torrent", () => {
    expect(() => layoutOf([5]).layout.spans(4, 2)).toThrow(RangeError);
    expect(() => layoutOf([]).layout.spans(0, 1)).toThrow(RangeError);
  });

  it("finds every byte where a plain count over the files finds it", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(6), { maxLength: 12 }), fc.nat(80), fc.nat(80), (lengths, a, b) => {
        const { layout, totalBytes } = layoutOf(lengths);
        const owners = lengths.flatMap((length, file) => Array.from({ length }, (_, at) => `${file}:${at}`));
        const start = Math.min(a, b, totalBytes);
        const end = Math.min(Math.max(a, b), totalBytes);
        const found = layout
          .spans(start, end - start)
          .flatMap(({ fileIndex, fileOffsetBytes, lengthBytes }) =>
            Array.from({ length: lengthBytes }, (_, i) => `${fileIndex}:${fileOffsetBytes + i}`),
          );
        expect(found).toEqual(owners.slice(start, end));
      }),
    );
  });
});
