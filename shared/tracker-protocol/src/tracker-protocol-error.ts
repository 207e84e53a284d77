export type TrackerProtocolErrorCode =
  /** The message has not the form that the protocol asks for. */
  | "MALFORMED"
  /** A field that has to be there is not. */
  | "MISSING_FIELD"
  /** A field has a value that it cannot have. */
  | "BAD_FIELD"
  /** More than anyone needs: too many torrents in a scrape. */
  | "TOO_LARGE"
  /** The tracker refused; the message is its `failure reason` (BEP 3) or error message (BEP 15). */
  | "REFUSED";

/** Why a tracker message could not be read, or what the tracker said instead of an answer. */
export class TrackerProtocolError extends Error {
  override readonly name = "TrackerProtocolError";

  constructor(
    readonly code: TrackerProtocolErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
