import { createHash } from "node:crypto";
import { type BencodeDict, type BencodeValue, decodeBencode } from "@swarmlab/bencode/decode";
import {
  dictOf,
  optionalBytes,
  optionalList,
  requireBytes,
  requireInteger,
  requireList,
  requireText,
  textOf,
} from "@swarmlab/bencode/fields";
import { MetainfoError } from "./error.js";
import { checkFileName, checkFilePath, PathTree } from "./safe-path.js";

/** The SHA-1 digests that name pieces and torrents have this many bytes. */
export const HASH_BYTES = 20;
export const MAX_FILES = 200_000;
export const MAX_PIECE_LENGTH_BYTES = 2 ** 30;

/** Limits for decoding a torrent or an info dictionary: room for {@link MAX_FILES} files. */
export const METAINFO_LIMITS = { maxDepth: 32, maxTokens: 2_000_000, maxStringBytes: 32 * 1024 * 1024 };

/** The `info` dictionary of a torrent (BEP 3): all that is under its info hash. */
export interface TorrentInfo {
  /** SHA-1 of `infoBytes`; 20 bytes. */
  readonly infoHash: Uint8Array;
  /** The bencoded dictionary exactly as it was received. */
  readonly infoBytes: Uint8Array;
  /** Name of the file, or of the folder of files; safe as a file name. */
  readonly name: string;
  /** Bytes of every piece but the last, which may be shorter. */
  readonly pieceLength: number;
  readonly pieceCount: number;
  /** The SHA-1 of every piece, 20 bytes each; see {@link pieceHash}. */
  readonly pieceHashes: Uint8Array;
  /** The sum of all files, padding included. May be 0; then there are no pieces. */
  readonly totalBytes: number;
  /** Peers come from trackers only (BEP 27). */
  readonly isPrivate: boolean;
  /** All files in the order of their bytes. */
  readonly files: readonly TorrentFile[];
  readonly isMultiFile: boolean;
}

export interface TorrentFile {
  /** Safe names from the directory that the torrent is put in; the first is the torrent's name. */
  readonly path: readonly string[];
  readonly lengthBytes: number;
  /** Where the file starts in the torrent's bytes. */
  readonly offsetBytes: number;
  /** A gap of zeros that aligns the next file with a piece and is not stored (BEP 47). */
  readonly isPadding: boolean;
}

/**
 * Reads a bencoded info dictionary, as it stands in a torrent or comes from peers (BEP 9).
 * Hybrid torrents (BEP 52) are read by their v1 part. The result holds views of `infoBytes`.
 * @throws BencodeError where it is malformed or a field is of the wrong type or range
 * @throws MetainfoError where it makes no sense or is not safe
 */
export function parseInfo(infoBytes: Uint8Array): TorrentInfo {
  const dict = dictOf(decodeBencode(infoBytes, { keyOrder: "any", limits: METAINFO_LIMITS }), "info");
  if (!dict.has("pieces") && dict.get("meta version") === 2) {
    throw new MetainfoError("V2_ONLY", "this torrent is BitTorrent v2 only, which is not supported");
  }
  const name = requireText(dict, "name");
  checkFileName(name);
  const pieceLength = requireInteger(dict, "piece length", { min: 1, max: MAX_PIECE_LENGTH_BYTES });
  const fileList = optionalList(dict, "files");
  if (dict.has("length") === (fileList !== undefined)) {
    throw new MetainfoError("BAD_LAYOUT", `a torrent has either "length" or "files"`);
  }
  const files = fileList === undefined ? [singleFile(dict, name)] : multipleFiles(fileList, name);
  const lastFile = files.at(-1);
  const totalBytes = lastFile === undefined ? 0 : lastFile.offsetBytes + lastFile.lengthBytes;
  const pieceHashes = requireBytes(dict, "pieces");
  const pieceCount = countPieces(totalBytes, pieceLength);
  if (pieceHashes.length !== pieceCount * HASH_BYTES) {
    throw new MetainfoError(
      "BAD_PIECES",
      `${totalBytes} bytes in pieces of ${pieceLength} need ${pieceCount * HASH_BYTES} bytes of hashes, not ${pieceHashes.length}`,
    );
  }
  return {
    infoHash: new Uint8Array(createHash("sha1").update(infoBytes).digest()),
    infoBytes,
    name,
    pieceLength,
    pieceCount,
    pieceHashes,
    totalBytes,
    isPrivate: dict.get("private") === 1,
    files,
    isMultiFile: fileList !== undefined,
  };
}

/** How many pieces hold `totalBytes`. */
export function countPieces(totalBytes: number, pieceLength: number): number {
  return Math.ceil(totalBytes / pieceLength);
}

/**
 * The SHA-1 of piece `index`; a view, 20 bytes.
 * @throws RangeError when there is no such piece
 */
export function pieceHash(info: TorrentInfo, index: number): Uint8Array {
  checkPieceIndex(info, index);
  return info.pieceHashes.subarray(index * HASH_BYTES, (index + 1) * HASH_BYTES);
}

/**
 * The size of piece `index`: `pieceLength`, or less for the last one.
 * @throws RangeError when there is no such piece
 */
export function pieceSizeBytes(info: TorrentInfo, index: number): number {
  checkPieceIndex(info, index);
  return Math.min(info.pieceLength, info.totalBytes - index * info.pieceLength);
}

function checkPieceIndex(info: TorrentInfo, index: number): void {
  if (!Number.isInteger(index) || index < 0 || index >= info.pieceCount) {
    throw new RangeError(`there is no piece ${index} among ${info.pieceCount}`);
  }
}

function singleFile(dict: BencodeDict, name: string): TorrentFile {
  refuseLink(dict, [name]);
  const lengthBytes = requireInteger(dict, "length", { min: 0 });
  return { path: [name], lengthBytes, offsetBytes: 0, isPadding: false };
}

function multipleFiles(list: readonly BencodeValue[], name: string): TorrentFile[] {
  if (list.length === 0) throw new MetainfoError("BAD_LAYOUT", "a torrent without files");
  if (list.length > MAX_FILES) {
    throw new MetainfoError("TOO_MANY_FILES", `${list.length} files are more than ${MAX_FILES}`);
  }
  const tree = new PathTree();
  let offsetBytes = 0;
  return list.map((entry) => {
    const dict = dictOf(entry, "files");
    const path = [name, ...requireList(dict, "path").map((part) => textOf(part, "path"))];
    const lengthBytes = requireInteger(dict, "length", { min: 0 });
    const isPadding = hasAttribute(dict, "p");
    if (path.length === 1) throw new MetainfoError("UNSAFE_PATH", "a file has an empty path");
    refuseLink(dict, path);
    // Gaps of one size share one path by custom, and no file is made of them.
    if (isPadding) checkFilePath(path);
    else tree.addFile(path);
    const file = { path, lengthBytes, offsetBytes, isPadding };
    offsetBytes += lengthBytes;
    if (offsetBytes > Number.MAX_SAFE_INTEGER) {
      throw new MetainfoError("TOO_LARGE", "the files are too large together");
    }
    return file;
  });
}

function refuseLink(dict: BencodeDict, path: readonly string[]): void {
  if (hasAttribute(dict, "l")) {
    throw new MetainfoError("UNSAFE_PATH", `${JSON.stringify(path.join("/"))} is a symbolic link`);
  }
}

/** Whether the file has the attribute, one letter of BEP 47. */
function hasAttribute(dict: BencodeDict, letter: string): boolean {
  return optionalBytes(dict, "attr")?.includes(letter.charCodeAt(0)) ?? false;
}
