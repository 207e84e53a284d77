/** The unit of requests: 16 KiB, the only size that every client serves (BEP 3). */
export const BLOCK_BYTES = 16_384;

/** How a torrent's bytes divide into pieces, and pieces into blocks. */
export class PieceGeometry {
  readonly pieceCount: number;
  readonly pieceLength: number;
  readonly totalBytes: number;
  /** Blocks in every piece but perhaps the last. */
  readonly blocksPerPiece: number;

  constructor(info: { pieceCount: number; pieceLength: number; totalBytes: number }) {
    this.pieceCount = info.pieceCount;
    this.pieceLength = info.pieceLength;
    this.totalBytes = info.totalBytes;
    this.blocksPerPiece = Math.ceil(info.pieceLength / BLOCK_BYTES);
  }

  /** Bytes in piece `index`; only the last may be shorter. */
  pieceBytes(index: number): number {
    const isLast = index === this.pieceCount - 1;
    return isLast ? this.totalBytes - index * this.pieceLength : this.pieceLength;
  }

  blockCount(index: number): number {
    return Math.ceil(this.pieceBytes(index) / BLOCK_BYTES);
  }

  /** Bytes in block `block` of piece `index`. */
  blockBytes(index: number, block: number): number {
    return Math.min(BLOCK_BYTES, this.pieceBytes(index) - block * BLOCK_BYTES);
  }

  /** One number for a block of the whole torrent. */
  blockKey(index: number, block: number): number {
    return index * this.blocksPerPiece + block;
  }

  /** Whether (index, begin, length) lies within one piece. */
  isInside(index: number, begin: number, length: number): boolean {
    return index < this.pieceCount && length > 0 && begin + length <= this.pieceBytes(index);
  }
}
