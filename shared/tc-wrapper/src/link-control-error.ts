export type LinkControlErrorCode =
  | "NO_SUCH_INTERFACE"
  /** No interface has the address. */
  | "NO_SUCH_ADDRESS"
  /** Somebody else's qdisc or device is where ours has to be. */
  | "FOREIGN_QDISC"
  /** The interface has an alias of somebody else's that leaves no room for our record. */
  | "FOREIGN_ALIAS"
  /** The kernel (Linux 6.16, and older ones that took over the change) lets no netem duplicate beside other netems. */
  | "DUPLICATE_REFUSED"
  /** A part of the kernel is missing: `probeKernel` tells which, and how to load it. */
  | "KERNEL_LACKS"
  /** The capabilities NET_ADMIN, and SYS_ADMIN for another namespace, are needed. */
  | "NOT_PERMITTED"
  | "COMMAND_FAILED";

/** A link could not be brought to what is desired. What was done before stays; applying again goes on from there. */
export class LinkControlError extends Error {
  override readonly name = "LinkControlError";
  readonly code: LinkControlErrorCode;

  constructor(code: LinkControlErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
