export type LinkPlanErrorCode =
  /** No name that an interface could have. */
  | "BAD_INTERFACE_NAME"
  /** Neither an IPv4 or IPv6 address nor a prefix of one. */
  | "BAD_ADDRESS"
  | "BAD_PORT"
  /** A delay, jitter, rate or percentage that the kernel cannot make. */
  | "BAD_LINK"
  /** One destination, two routes. */
  | "DUPLICATE_DESTINATION"
  | "TOO_MANY_ROUTES";

/** Why a link cannot be planned; nothing has been changed. */
export class LinkPlanError extends Error {
  override readonly name = "LinkPlanError";
  readonly code: LinkPlanErrorCode;

  constructor(code: LinkPlanErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
