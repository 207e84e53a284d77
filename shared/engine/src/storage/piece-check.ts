import { pieceHash, pieceSizeBytes, type TorrentInfo } from "@swarmlab/metainfo/info";
import { Bitfield } from "@swarmlab/wire/bitfield";
import type { Hasher } from "../ports/disk.js";
import type { BufferPool } from "./buffer-pool.js";
import { hashPieces } from "./hash-pieces.js";
import { isUnchanged, type ResumeState } from "./resume-file.js";
import type { FileState, TorrentContent } from "./torrent-content.js";

export interface PieceCheck {
  readonly info: TorrentInfo;
  readonly content: TorrentContent;
  readonly hasher: Hasher;
  readonly pool: BufferPool;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((checkedBytes: number, totalBytes: number) => void) | undefined;
}

/** The pieces of a resume state; undefined when there is none or a file is not as it was then. */
export function trustedPieces(
  state: ResumeState | undefined,
  states: readonly FileState[],
): Bitfield | undefined {
  return state !== undefined && isUnchanged(state.files, states) ? state.pieces : undefined;
}

/** Finds out which pieces are on the disk by hashing all that could be, after `content.readStates`. */
export async function checkPieces(check: PieceCheck): Promise<Bitfield> {
  const { info, content } = check;
  const found = new Bitfield(info.pieceCount);
  await hashPieces({
    content,
    pieceLength: info.pieceLength,
    pieceCount: info.pieceCount,
    totalBytes: info.totalBytes,
    hasher: check.hasher,
    pool: check.pool,
    signal: check.signal,
    isWanted: (index) => content.isPresent(index * info.pieceLength, pieceSizeBytes(info, index)),
    onDigest: (index, digest) => {
      if (isPiece(info, index, digest)) found.set(index);
    },
    onProgress: (doneBytes) => check.onProgress?.(doneBytes, info.totalBytes),
  });
  return found;
}

/** Whether this is the digest that piece `index` must have. */
export function isPiece(info: TorrentInfo, index: number, digest: Uint8Array): boolean {
  return Buffer.from(digest.buffer, digest.byteOffset, digest.length).equals(pieceHash(info, index));
}
