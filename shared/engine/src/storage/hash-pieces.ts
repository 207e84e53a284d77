import type { Hasher } from "../ports/disk.js";
import type { BufferPool } from "./buffer-pool.js";
import type { TorrentContent } from "./torrent-content.js";

/** Pieces that may be in memory at once, so that reading and hashing go on side by side. */
const MAX_PIECES_IN_FLIGHT = 32;
const MAX_BYTES_IN_FLIGHT = 8 * 1024 * 1024;

export interface PieceHashing {
  readonly content: TorrentContent;
  readonly pieceLength: number;
  readonly pieceCount: number;
  readonly totalBytes: number;
  readonly hasher: Hasher;
  /** Buffers of `pieceLength` bytes. */
  readonly pool: BufferPool;
  /** Which pieces are read; all of them without it. */
  readonly isWanted?: (index: number) => boolean;
  readonly signal?: AbortSignal | undefined;
  /** The digest of a piece, not in order. */
  onDigest(index: number, digest: Uint8Array): void;
  /** How many of the torrent's bytes are behind, those of unwanted pieces included. */
  onProgress?: ((doneBytes: number) => void) | undefined;
}

/**
 * Reads and hashes pieces from the disk.
 * Rejects with what the disk, the hasher or the signal says; nothing is under way any more then.
 */
export async function hashPieces(work: PieceHashing): Promise<void> {
  const { content, pieceLength, pieceCount, totalBytes, pool } = work;
  let nextIndex = 0;
  let doneBytes = 0;
  let hasFailed = false;
  const runLane = async (): Promise<void> => {
    while (nextIndex < pieceCount && !hasFailed) {
      work.signal?.throwIfAborted();
      const index = nextIndex++;
      const offset = index * pieceLength;
      const size = Math.min(pieceLength, totalBytes - offset);
      if (work.isWanted?.(index) ?? true) {
        const buffer = pool.acquire();
        try {
          const bytes = buffer.subarray(0, size);
          await content.read(offset, bytes);
          work.onDigest(index, await work.hasher.sha1(bytes));
        } finally {
          pool.release(buffer);
        }
      }
      doneBytes += size;
      work.onProgress?.(doneBytes);
    }
  };
  const lanes = Math.max(2, Math.min(MAX_PIECES_IN_FLIGHT, Math.floor(MAX_BYTES_IN_FLIGHT / pieceLength)));
  const outcomes = await Promise.allSettled(
    Array.from({ length: lanes }, () =>
      runLane().catch((error: unknown) => {
        hasFailed = true;
        throw error;
      }),
    ),
  );
  for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
}
