import { createHash } from "node:crypto";
import { encodeBencode } from "@swarmlab/bencode/encode";
import { countPieces, parseInfo, type TorrentInfo } from "@swarmlab/metainfo/info";

/** A torrent for tests, and all of its bytes in one piece. */
export interface SampleTorrent {
  readonly info: TorrentInfo;
  readonly data: Uint8Array;
}

export interface SampleFile {
  readonly path: readonly string[];
  readonly lengthBytes: number;
  readonly isPadding?: boolean;
}

/** Makes a torrent of bytes that look random: of one file when `content` is a size. */
export function sampleTorrent(content: number | readonly SampleFile[], pieceLength: number): SampleTorrent {
  const files = typeof content === "number" ? [{ path: [], lengthBytes: content }] : content;
  const data = noise(files.reduce((sum, file) => sum + file.lengthBytes, 0));
  let offset = 0;
  for (const { lengthBytes, isPadding } of files) {
    if (isPadding) data.fill(0, offset, offset + lengthBytes);
    offset += lengthBytes;
  }
  const pieces = Array.from({ length: countPieces(data.length, pieceLength) }, (_, index) =>
    createHash("sha1")
      .update(data.subarray(index * pieceLength, (index + 1) * pieceLength))
      .digest(),
  );
  const info = parseInfo(
    encodeBencode({
      name: "sample",
      "piece length": pieceLength,
      pieces: Buffer.concat(pieces),
      length: typeof content === "number" ? content : undefined,
      files:
        typeof content === "number"
          ? undefined
          : content.map(({ path, lengthBytes, isPadding }) => ({
              path,
              length: lengthBytes,
              attr: isPadding ? "p" : undefined,
            })),
    }),
  );
  return { info, data };
}

/** `length` bytes that look random and are the same every time (xorshift32). */
export function noise(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = 0x9e3779b9;
  for (let i = 0; i < length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[i] = state;
  }
  return bytes;
}
