import { encodeBencode } from "@swarmlab/bencode/encode";
import { parseInfo, type TorrentInfo } from "./info.js";

const MIN_PIECE_LENGTH_BYTES = 16 * 1024;
const LARGEST_CHOICE_BYTES = 16 * 1024 * 1024;
const MIN_PIECES = 1024;

/**
 * A good piece length for a torrent: the largest power of two that still gives at least 1024 pieces
 * (so 1024 to 2047 of them), but at least 16 KiB and at most 16 MiB.
 * Fewer pieces spread more slowly, more of them cost hashes and messages.
 */
export function choosePieceLength(totalBytes: number): number {
  let pieceLength = MIN_PIECE_LENGTH_BYTES;
  while (pieceLength < LARGEST_CHOICE_BYTES && pieceLength * 2 * MIN_PIECES <= totalBytes) pieceLength *= 2;
  return pieceLength;
}

/** What a new torrent is made of. */
export interface InfoParts {
  readonly name: string;
  /** The one file's size, or the files below the folder `name` in their order. */
  readonly content: { readonly lengthBytes: number } | { readonly files: readonly NewFile[] };
  readonly pieceLength: number;
  /** The SHA-1 of every piece, 20 bytes each. */
  readonly pieceHashes: Uint8Array;
  readonly isPrivate: boolean;
}

export interface NewFile {
  /** Names below the torrent's folder. */
  readonly path: readonly string[];
  readonly lengthBytes: number;
}

/**
 * Makes the info dictionary of a new torrent.
 * @throws MetainfoError or BencodeError when {@link parseInfo} would refuse it
 */
export function createInfo(parts: InfoParts): TorrentInfo {
  const { content } = parts;
  const isSingleFile = "lengthBytes" in content;
  const infoBytes = encodeBencode({
    length: isSingleFile ? content.lengthBytes : undefined,
    files: isSingleFile
      ? undefined
      : content.files.map(({ path, lengthBytes }) => ({ path, length: lengthBytes })),
    name: parts.name,
    "piece length": parts.pieceLength,
    pieces: parts.pieceHashes,
    private: parts.isPrivate ? 1 : undefined,
  });
  return parseInfo(infoBytes);
}
