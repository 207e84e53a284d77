export type TrackerClientErrorCode =
  /** A scheme that is neither http, https nor udp, or no URL at all. */
  | "UNSUPPORTED_URL"
  /** The host name has no address. */
  | "NO_ADDRESS"
  /** The tracker did not answer in time. */
  | "TIMEOUT"
  /** An HTTP status other than 200, without a tracker's answer. */
  | "HTTP_STATUS"
  /** The tracker has no scrape. */
  | "NO_SCRAPE";

/** Why a tracker could not be asked. What it said itself, and malformed answers, are TrackerProtocolErrors. */
export class TrackerClientError extends Error {
  override readonly name = "TrackerClientError";

  constructor(
    readonly code: TrackerClientErrorCode,
    message: string,
  ) {
    super(message);
  }
}
