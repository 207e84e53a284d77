import { createHash } from "node:crypto";
import { type BencodeInput, encodeBencode } from "@swarmlab/bencode/encode";
import { BencodeError } from "@swarmlab/bencode/error";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MetainfoError } from "./error.js";
import { parseInfo, pieceHash, pieceSizeBytes } from "./info.js";

const hashes = (count: number) => new Uint8Array(20 * count).map((_, i) => Math.floor(i / 20));

const single: Record<string, BencodeInput> = {
  length: 40_000,
  name: "example.bin",
  "piece length": 16_384,
  pieces: hashes(3),
};

const withFiles = (...files: BencodeInput[]) => ({
  files,
  name: "folder",
  "piece length": 16,
  pieces: hashes(1),
});

const parse = (fields: { [key: string]: BencodeInput | undefined }) => parseInfo(encodeBencode(fields));

const withCode = (code: string) => expect.objectContaining({ code });

describe("parseInfo", () => {
  it("reads a single-file torrent", () => {
    const infoBytes = encodeBencode(single);
    expect(parseInfo(infoBytes)).toEqual({
      infoHash: new Uint8Array(createHash("sha1").update(infoBytes).digest()),
      infoBytes,
      name: "example.bin",
      pieceLength: 16_384,
      pieceCount: 3,
      pieceHashes: hashes(3),
      totalBytes: 40_000,
      isPrivate: false,
      files: [{ path: ["example.bin"], lengthBytes: 40_000, offsetBytes: 0, isPadding: false }],
      isMultiFile: false,
    });
  });

  it("reads a multi-file torrent with empty files and padding", () => {
    const info = parse(
      withFiles(
        { length: 5, path: ["a", "b.txt"] },
        { length: 3, path: [".pad", "3"], attr: "p" },
        { length: 0, path: ["empty"] },
        { length: 5, path: ["c.txt"], attr: "x" },
        { length: 3, path: [".pad", "3"], attr: "p" },
      ),
    );
    expect(info.totalBytes).toBe(16);
    expect(info.isMultiFile).toBe(true);
    expect(info.files).toEqual([
      { path: ["folder", "a", "b.txt"], lengthBytes: 5, offsetBytes: 0, isPadding: false },
      { path: ["folder", ".pad", "3"], lengthBytes: 3, offsetBytes: 5, isPadding: true },
      { path: ["folder", "empty"], lengthBytes: 0, offsetBytes: 8, isPadding: false },
      { path: ["folder", "c.txt"], lengthBytes: 5, offsetBytes: 8, isPadding: false },
      { path: ["folder", ".pad", "3"], lengthBytes: 3, offsetBytes: 13, isPadding: true },
    ]);
  });

  it("reads a torrent of 0 bytes, which has no pieces", () => {
    const info = parse({ ...single, length: 0, pieces: "" });
    expect(info).toMatchObject({ totalBytes: 0, pieceCount: 0 });
    expect(() => pieceHash(info, 0)).toThrow(RangeError);
  });

  it("hashes the dictionary as it was received, whoever wrote it in whatever order", () => {
    const infoBytes = Buffer.from("d4:name1:x6:lengthi0e6:pieces0:12:piece lengthi1ee");
    expect(parseInfo(infoBytes).infoHash).toEqual(
      new Uint8Array(createHash("sha1").update(infoBytes).digest()),
    );
  });

  it("gives the hash and size of each piece", () => {
    const info = parse(single);
    expect(pieceHash(info, 2)).toEqual(new Uint8Array(20).fill(2));
    expect([0, 1, 2].map((index) => pieceSizeBytes(info, index))).toEqual([16_384, 16_384, 7_232]);
    for (const index of [-1, 3, 0.5]) {
      expect(() => pieceHash(info, index)).toThrow(RangeError);
      expect(() => pieceSizeBytes(info, index)).toThrow(RangeError);
    }
  });

  it("takes only the integer 1 for private", () => {
    expect(parse({ ...single, private: 1 }).isPrivate).toBe(true);
    expect(parse({ ...single, private: 0 }).isPrivate).toBe(false);
  });

  it("reads a hybrid torrent by its v1 part and refuses one that is v2 only", () => {
    expect(parse({ ...single, "meta version": 2, "file tree": {} }).pieceCount).toBe(3);
    const v2 = { name: "x", "piece length": 16_384, "meta version": 2, "file tree": {} };
    expect(() => parse(v2)).toThrow(withCode("V2_ONLY"));
  });

  it("refuses a layout that makes no sense", () => {
    expect(() => parse({ ...single, length: undefined })).toThrow(withCode("BAD_LAYOUT"));
    expect(() => parse({ ...single, files: [{ length: 1, path: ["a"] }] })).toThrow(withCode("BAD_LAYOUT"));
    expect(() => parse(withFiles())).toThrow(withCode("BAD_LAYOUT"));
  });

  it("refuses piece hashes that do not fit the size", () => {
    expect(() => parse({ ...single, pieces: hashes(2) })).toThrow(withCode("BAD_PIECES"));
    expect(() => parse({ ...single, pieces: hashes(4) })).toThrow(withCode("BAD_PIECES"));
    expect(() => parse({ ...single, pieces: new Uint8Array(59) })).toThrow(withCode("BAD_PIECES"));
  });

  it("refuses numbers out of range and fields of the wrong type", () => {
    for (const pieceLength of [0, -1, 2 ** 30 + 1]) {
      expect(() => parse({ ...single, "piece length": pieceLength })).toThrow(withCode("OUT_OF_RANGE"));
    }
    expect(() => parse({ ...single, length: -1 })).toThrow(withCode("OUT_OF_RANGE"));
    expect(() => parse({ ...single, length: 2n ** 60n })).toThrow(withCode("OUT_OF_RANGE"));
    expect(() => parse({ ...single, pieces: 7 })).toThrow(withCode("WRONG_TYPE"));
    expect(() => parse({ ...single, name: 7 })).toThrow(withCode("WRONG_TYPE"));
    expect(() => parse(withFiles({ length: 1, path: [7] }))).toThrow(withCode("WRONG_TYPE"));
    expect(() => parse(withFiles({ length: 1, path: "a" }))).toThrow(withCode("WRONG_TYPE"));
    const half = { length: Number.MAX_SAFE_INTEGER, path: ["a"] };
    expect(() => parse(withFiles(half, { ...half, path: ["b"] }))).toThrow(withCode("TOO_LARGE"));
  });

  it("bounds the number of files", () => {
    const files = Array.from({ length: 200_001 }, (_, i) => ({ length: 0, path: [String(i)] }));
    expect(() => parse({ ...withFiles(), files, pieces: "" })).toThrow(withCode("TOO_MANY_FILES"));
  });

  it("refuses paths that are not safe, that come twice, or that are symbolic links", () => {
    expect(() => parse({ ...single, name: ".." })).toThrow(withCode("UNSAFE_PATH"));
    expect(() => parse({ ...withFiles({ length: 1, path: ["a"] }), name: "a/b" })).toThrow(
      withCode("UNSAFE_PATH"),
    );
    for (const path of [[], [""], ["..", "a"], ["/etc"], ["a", "."]]) {
      expect(() => parse(withFiles({ length: 1, path }))).toThrow(withCode("UNSAFE_PATH"));
      expect(() => parse(withFiles({ length: 1, path, attr: "p" }))).toThrow(withCode("UNSAFE_PATH"));
    }
    expect(() => parse(withFiles({ length: 0, path: ["a"] }, { length: 1, path: ["a"] }))).toThrow(
      withCode("DUPLICATE_PATH"),
    );
    const link = { length: 0, path: ["a"], attr: "l", "symlink path": ["etc"] };
    expect(() => parse(withFiles(link))).toThrow(withCode("UNSAFE_PATH"));
  });

  it("fails on altered bytes with a coded error and nothing else", () => {
    const valid = encodeBencode(withFiles({ length: 5, path: ["a", "b"] }, { length: 3, path: ["c"] }));
    const alteration = fc.tuple(fc.nat(valid.length - 1), fc.nat(255));
    fc.assert(
      fc.property(fc.array(alteration, { minLength: 1, maxLength: 4 }), (alterations) => {
        const bytes = valid.slice();
        for (const [offset, byte] of alterations) bytes[offset] = byte;
        try {
          parseInfo(bytes);
        } catch (error) {
          expect(error instanceof BencodeError || error instanceof MetainfoError).toBe(true);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
