export type SourceErrorCode =
  /** The `.torrent` file cannot be read. */
  | "NO_TORRENT_FILE"
  /** What was read is no torrent that can be used; `cause` says why. */
  | "BAD_TORRENT_FILE"
  /** The catalogue gave another torrent than was asked for. */
  | "WRONG_TORRENT"
  /** The torrent that was made cannot be written. */
  | "NOT_WRITTEN"
  /** Content was to be made and could not be. */
  | "NOT_MADE"
  /** The folder for the content cannot be made. */
  | "NO_DIRECTORY";

/** Why there is no torrent to begin with. */
export class SourceError extends Error {
  override readonly name = "SourceError";

  constructor(
    readonly code: SourceErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
