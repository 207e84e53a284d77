import { join } from "node:path";
import { type BencodeValue, decodeBencode } from "@swarmlab/bencode/decode";
import { encodeBencode } from "@swarmlab/bencode/encode";
import { dictOf, requireBytes, requireInteger, requireList } from "@swarmlab/bencode/fields";
import type { TorrentInfo } from "@swarmlab/metainfo/info";
import { Bitfield } from "@swarmlab/wire/bitfield";
import type { FileState } from "./torrent-content.js";

const VERSION = 1;
/** The longest entry of a file: `l` size `i…e` time `i…e` `e`. */
const MAX_FILE_ENTRY_BYTES = 48;

/**
 * Which pieces were verified, and the files as they were then. It may be trusted only as long as
 * every file still is in the same state.
 */
export interface ResumeState {
  readonly pieces: Bitfield;
  readonly files: readonly FileState[];
}

/** Where a torrent's resume state is kept: beside its content, under a name of its own. */
export function resumePath(directory: string, info: TorrentInfo): string {
  const hash = Buffer.from(info.infoHash).toString("hex");
  const suffix = `.${hash}.resume`;
  // A file name has at most 255 bytes, of which a temporary one needs some.
  const room = 255 - 1 - suffix.length - 32;
  const name = Buffer.from(info.name).subarray(0, room).toString().replaceAll("\ufffd", "");
  return join(directory, `.${name}${suffix}`);
}

/** How large the resume file of this torrent may be. */
export function maxResumeBytes(info: TorrentInfo): number {
  return 1024 + Math.ceil(info.pieceCount / 8) + info.files.length * MAX_FILE_ENTRY_BYTES;
}

export function encodeResume(info: TorrentInfo, state: ResumeState): Uint8Array {
  return encodeBencode({
    version: VERSION,
    "info hash": info.infoHash,
    pieces: state.pieces.bytes,
    files: state.files.map((file) => (file === undefined ? [] : [file.sizeBytes, file.modifiedUs])),
  });
}

/** Reads a resume file; undefined when it is damaged, of another version, or of another torrent. */
export function decodeResume(info: TorrentInfo, bytes: Uint8Array): ResumeState | undefined {
  try {
    const limits = { maxDepth: 4, maxTokens: 16 + 3 * info.files.length };
    const dict = dictOf(decodeBencode(bytes, { limits }), "resume");
    const infoHash = requireBytes(dict, "info hash");
    if (requireInteger(dict, "version") !== VERSION || !Buffer.from(info.infoHash).equals(infoHash)) {
      return undefined;
    }
    const files = requireList(dict, "files").map(readFileState);
    if (files.length !== info.files.length) return undefined;
    return { pieces: Bitfield.fromWire(info.pieceCount, requireBytes(dict, "pieces")), files };
  } catch {
    return undefined;
  }
}

/** Whether nobody has written to any file since the state was taken. */
export function isUnchanged(then: readonly FileState[], now: readonly FileState[]): boolean {
  return (
    then.length === now.length &&
    then.every((file, i) => file?.sizeBytes === now[i]?.sizeBytes && file?.modifiedUs === now[i]?.modifiedUs)
  );
}

function readFileState(value: BencodeValue): FileState {
  if (!Array.isArray(value)) throw new TypeError("not the state of a file");
  const [sizeBytes, modifiedUs] = value;
  if (sizeBytes === undefined) return undefined;
  if (typeof sizeBytes !== "number" || typeof modifiedUs !== "number") {
    throw new TypeError("not the state of a file");
  }
  return { sizeBytes, modifiedUs };
}
