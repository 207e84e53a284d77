import { basename, dirname, resolve } from "node:path";
import { choosePieceLength, createInfo, type NewFile } from "@swarmlab/metainfo/create";
import { countPieces, HASH_BYTES, MAX_PIECE_LENGTH_BYTES, type TorrentFile } from "@swarmlab/metainfo/info";
import { encodeMetainfo, type Metainfo } from "@swarmlab/metainfo/metainfo";
import { Bitfield } from "@swarmlab/wire/bitfield";
import type { Disk, Hasher } from "../ports/disk.js";
import { BufferPool } from "./buffer-pool.js";
import { listContent } from "./content-list.js";
import { hashPieces } from "./hash-pieces.js";
import { isUnchanged, type ResumeState } from "./resume-file.js";
import { StorageError } from "./storage-error.js";
import { TorrentContent } from "./torrent-content.js";

export interface CreateTorrentOptions {
  /** The file, or the folder of files. */
  readonly path: string;
  readonly disk: Disk;
  readonly hasher: Hasher;
  /** Tracker URLs, in tiers to be tried one after the other. */
  readonly announceTiers?: readonly (readonly string[])[];
  /** Chosen by the size when it is left out. */
  readonly pieceLengthBytes?: number;
  readonly isPrivate?: boolean;
  readonly comment?: string;
  readonly createdBy?: string;
  readonly creationDate?: Date;
  readonly signal?: AbortSignal;
  readonly onProgress?: (hashedBytes: number, totalBytes: number) => void;
}

export interface CreatedTorrent {
  readonly metainfo: Metainfo;
  /** The `.torrent` file. */
  readonly bytes: Uint8Array;
  /** The absolute path of the file or folder. */
  readonly contentRoot: string;
  /** The directory that the content root is in, for opening the storage. */
  readonly directory: string;
  /** Says that all pieces are there, for opening the storage without hashing everything again. */
  readonly resumeState: ResumeState;
}

/**
 * Makes a torrent of a file or folder by hashing all of it. The files of a folder are sorted by their paths;
 * what is hidden in it is left out.
 * Rejects with StorageError: `BAD_CONTENT` (missing, a folder without files, a symbolic link or special file),
 * `CONTENT_CHANGED` (while it was hashed), `DISK_ERROR`; with MetainfoError for a name that is not safe;
 * with RangeError for a piece length that is not 1 to 2^30; and with the signal's reason.
 */
export async function createTorrent(options: CreateTorrentOptions): Promise<CreatedTorrent> {
  const { disk, hasher, signal, onProgress } = options;
  const contentRoot = resolve(options.path);
  const directory = dirname(contentRoot);
  const name = basename(contentRoot);
  const { isSingleFile, files } = await listContent(disk, contentRoot, signal);
  if (files.length === 0) throw new StorageError("BAD_CONTENT", `${contentRoot} has no files in it`);
  const totalBytes = files.reduce((sum, { lengthBytes }) => sum + lengthBytes, 0);
  const pieceLength = options.pieceLengthBytes ?? choosePieceLength(totalBytes);
  if (!Number.isInteger(pieceLength) || pieceLength < 1 || pieceLength > MAX_PIECE_LENGTH_BYTES) {
    throw new RangeError(`a piece length of ${pieceLength} bytes`);
  }
  const pieceCount = countPieces(totalBytes, pieceLength);
  const pieceHashes = new Uint8Array(pieceCount * HASH_BYTES);
  const content = new TorrentContent(disk, directory, withOffsets(files, name));
  try {
    const states = await content.readStates(false);
    await hashPieces({
      content,
      pieceLength,
      pieceCount,
      totalBytes,
      hasher,
      pool: new BufferPool(pieceLength, 0),
      signal,
      onDigest: (index, digest) => pieceHashes.set(digest, index * HASH_BYTES),
      onProgress: (doneBytes) => onProgress?.(doneBytes, totalBytes),
    });
    if (!isUnchanged(states, await content.readStates(false))) {
      throw new StorageError("CONTENT_CHANGED", `${contentRoot} changed while it was hashed`);
    }
  } finally {
    await content.close();
  }
  const metainfo: Metainfo = {
    info: createInfo({
      name,
      content: isSingleFile ? { lengthBytes: totalBytes } : { files },
      pieceLength,
      pieceHashes,
      isPrivate: options.isPrivate ?? false,
    }),
    announceTiers: options.announceTiers ?? [],
    comment: options.comment,
    createdBy: options.createdBy,
    creationDate: options.creationDate,
  };
  const pieces = new Bitfield(pieceCount);
  for (let index = 0; index < pieceCount; index++) pieces.set(index);
  const resumeState = { pieces, files: content.states };
  return { metainfo, bytes: encodeMetainfo(metainfo), contentRoot, directory, resumeState };
}

function withOffsets(files: readonly NewFile[], name: string): TorrentFile[] {
  let offsetBytes = 0;
  return files.map(({ path, lengthBytes }) => {
    const file = { path: [name, ...path], lengthBytes, offsetBytes, isPadding: false };
    offsetBytes += lengthBytes;
    return file;
  });
}
