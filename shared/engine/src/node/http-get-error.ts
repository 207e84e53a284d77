export type HttpGetErrorCode =
  /** Neither http nor https, in the URL or where it redirects to. */
  | "UNSUPPORTED_SCHEME"
  | "TOO_MANY_REDIRECTS"
  | "BODY_TOO_LONG"
  | "TIMEOUT"
  /** No connection, or one that broke; `cause` says more. */
  | "NETWORK";

/** Why an HTTP GET has no response. */
export class HttpGetError extends Error {
  override readonly name = "HttpGetError";
  readonly code: HttpGetErrorCode;

  constructor(code: HttpGetErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
