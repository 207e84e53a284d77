import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { choosePieceLength, createInfo } from "./create.js";
import { countPieces, parseInfo } from "./info.js";

const KiB = 1024;
const MiB = 1024 * KiB;
const GiB = 1024 * MiB;

describe("choosePieceLength", () => {
  it.each([
    [0, 16 * KiB],
    [1, 16 * KiB],
    [32 * MiB - 1, 16 * KiB],
    [32 * MiB, 32 * KiB],
    [64 * MiB, 64 * KiB],
    [GiB, MiB],
    [16 * GiB, 16 * MiB],
    [1024 * GiB, 16 * MiB],
  ])("gives for %d bytes pieces of %d", (totalBytes, pieceLength) => {
    expect(choosePieceLength(totalBytes)).toBe(pieceLength);
  });

  it("gives 1024 to 2048 pieces wherever its bounds allow", () => {
    fc.assert(
      fc.property(fc.integer({ min: 16 * MiB, max: 32 * GiB - 1 }), (totalBytes) => {
        const pieceCount = countPieces(totalBytes, choosePieceLength(totalBytes));
        expect(pieceCount).toBeGreaterThanOrEqual(1024);
        expect(pieceCount).toBeLessThanOrEqual(2048);
      }),
    );
  });
});

describe("createInfo", () => {
  it("makes a single-file torrent that parseInfo reads", () => {
    const parts = { name: "a", pieceLength: 16 * KiB, pieceHashes: new Uint8Array(20), isPrivate: false };
    const info = createInfo({ ...parts, content: { lengthBytes: 1 } });
    expect(parseInfo(info.infoBytes)).toEqual(info);
    expect(Buffer.from(info.infoBytes).toString("latin1")).toBe(
      `d6:lengthi1e4:name1:a12:piece lengthi16384e6:pieces20:${"\0".repeat(20)}e`,
    );
    const privateInfo = createInfo({ ...parts, content: { lengthBytes: 1 }, isPrivate: true });
    expect(privateInfo.isPrivate).toBe(true);
    expect(privateInfo.infoHash).not.toEqual(info.infoHash);
  });

  it("makes multi-file torrents whose files follow one another", () => {
    const lengths = fc.array(fc.nat(5_000), { minLength: 1, maxLength: 10 });
    fc.assert(
      fc.property(lengths, fc.integer({ min: 500, max: 50_000 }), (lengthsBytes, pieceLength) => {
        const totalBytes = lengthsBytes.reduce((sum, length) => sum + length, 0);
        const info = createInfo({
          name: "folder",
          content: { files: lengthsBytes.map((lengthBytes, i) => ({ path: ["sub", `${i}`], lengthBytes })) },
          pieceLength,
          pieceHashes: new Uint8Array(20 * countPieces(totalBytes, pieceLength)),
          isPrivate: false,
        });
        expect(info.totalBytes).toBe(totalBytes);
        let offsetBytes = 0;
        for (const file of info.files) {
          expect(file.offsetBytes).toBe(offsetBytes);
          offsetBytes += file.lengthBytes;
        }
        expect(parseInfo(info.infoBytes)).toEqual(info);
      }),
    );
  });

  it("refuses what could not be read back", () => {
    const parts = { pieceLength: 16 * KiB, pieceHashes: new Uint8Array(0), isPrivate: false };
    expect(() => createInfo({ ...parts, name: "..", content: { lengthBytes: 0 } })).toThrow(
      expect.objectContaining({ code: "UNSAFE_PATH" }),
    );
    expect(() => createInfo({ ...parts, name: "a", content: { lengthBytes: 1 } })).toThrow(
      expect.objectContaining({ code: "BAD_PIECES" }),
    );
  });
});
