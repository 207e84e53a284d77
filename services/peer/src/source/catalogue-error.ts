export type CatalogueErrorCode =
  /** No connection, no answer in time, or a failing server: it may work later. */
  | "UNREACHABLE"
  /** The server has no catalogue. */
  | "NO_CATALOGUE"
  /** The catalogue does not take the torrent. */
  | "REFUSED"
  /** The answer is not what a catalogue answers. */
  | "BAD_ANSWER"
  /** Several torrents have the name, and none of them has a seeder. */
  | "AMBIGUOUS_NAME"
  /** The torrent did not appear in time. */
  | "NOT_FOUND";

/** What went wrong between a peer and a tracker's catalogue. */
export class CatalogueError extends Error {
  override readonly name = "CatalogueError";

  constructor(
    readonly code: CatalogueErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
