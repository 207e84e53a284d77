import { createHash } from "node:crypto";
import type { DownloadPeer } from "./download-peer.js";
import type { PieceDownload } from "./piece-download.js";
import { BLOCK_BYTES } from "./piece-geometry.js";

interface SentBlock {
  readonly peer: DownloadPeer;
  readonly digest: string;
}

/** Attempts at one piece that are remembered, so that a crowd of polluters cannot fill the memory. */
const MAX_ATTEMPTS = 8;

/**
 * Finds who sent bad blocks. A piece that fails its hash and came from one peer names its culprit at once.
 * Otherwise the digests of its blocks are kept; when the piece has been fetched again and verifies,
 * whoever had sent a block that differs is a polluter, and nobody else is.
 */
export class PollutionTracer {
  readonly #failed = new Map<number, SentBlock[][]>();

  /** Whether the piece failed before. */
  isSuspect(index: number): boolean {
    return this.#failed.has(index);
  }

  /** The piece failed its hash. Returns the polluter when only one peer can be it. */
  onMismatch(piece: PieceDownload, pieceBytes: number): DownloadPeer | undefined {
    const [first, ...others] = piece.allSenders();
    const attempts = this.#failed.get(piece.index) ?? [];
    attempts.push(sentBlocks(piece, pieceBytes));
    if (attempts.length > MAX_ATTEMPTS) attempts.shift();
    this.#failed.set(piece.index, attempts);
    return others.length === 0 ? first : undefined;
  }

  /** All peers that earlier sent other bytes than the piece holds now: polluters, if the piece verifies. */
  compare(piece: PieceDownload, pieceBytes: number): Set<DownloadPeer> {
    const differing = new Set<DownloadPeer>();
    for (const attempt of this.#failed.get(piece.index) ?? []) {
      attempt.forEach((sent, block) => {
        if (sent.digest !== blockDigest(piece, block, pieceBytes)) differing.add(sent.peer);
      });
    }
    return differing;
  }

  /** The piece verified: nothing of it needs to be remembered. */
  forget(index: number): void {
    this.#failed.delete(index);
  }
}

function sentBlocks(piece: PieceDownload, pieceBytes: number): SentBlock[] {
  const sent: SentBlock[] = [];
  for (let block = 0; block < piece.blockCount; block++) {
    const peer = piece.senderOf(block);
    if (peer !== undefined) sent[block] = { peer, digest: blockDigest(piece, block, pieceBytes) };
  }
  return sent;
}

function blockDigest(piece: PieceDownload, block: number, pieceBytes: number): string {
  const begin = block * BLOCK_BYTES;
  const bytes = piece.buffer.subarray(begin, Math.min(begin + BLOCK_BYTES, pieceBytes));
  return createHash("sha1").update(bytes).digest("hex");
}
