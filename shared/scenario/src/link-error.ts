export type LinkErrorCode =
  | "UNKNOWN_PROFILE"
  | "UNKNOWN_SETTING"
  | "DUPLICATE_SETTING"
  | "BAD_RATE"
  | "BAD_TIME"
  | "BAD_PERCENT"
  | "BAD_DISTRIBUTION"
  | "BAD_LOSS"
  /** Each setting is fine, but not beside another. */
  | "BAD_COMBINATION";

/** Why a text is no link; the message says what would be one. */
export class LinkError extends Error {
  override readonly name = "LinkError";
  readonly code: LinkErrorCode;

  constructor(code: LinkErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
