export type MetainfoErrorCode =
  /** BitTorrent v2 without a v1 part (BEP 52), which is not supported. */
  | "V2_ONLY"
  /** Neither `length` nor `files`, both, or no files. */
  | "BAD_LAYOUT"
  /** The piece hashes do not fit the total size and the piece length. */
  | "BAD_PIECES"
  | "TOO_MANY_FILES"
  /** The total size is more than a number holds exactly. */
  | "TOO_LARGE"
  /** A file name that must not reach a file system. */
  | "UNSAFE_PATH"
  /** Two files with one path, or a path that is both a file and a directory. */
  | "DUPLICATE_PATH"
  | "NOT_A_MAGNET_LINK"
  /** A magnet link without an info hash that can be used, or with several. */
  | "BAD_INFO_HASH";

/** Why a torrent or magnet link cannot be used although its encoding is well-formed. */
export class MetainfoError extends Error {
  override readonly name = "MetainfoError";

  constructor(
    readonly code: MetainfoErrorCode,
    message: string,
  ) {
    super(message);
  }
}
