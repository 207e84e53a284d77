export type RunErrorCode =
  /** What is to be shared does not exist, or cannot be shared. */
  | "BAD_SOURCE"
  /** There is no room for what the run writes. */
  | "BAD_FOLDER"
  /** A program of the swarm has not been built. */
  | "NOT_BUILT"
  /** A node ended, or said something that makes no sense. */
  | "NODE_FAILED"
  /** Not everyone had everything in time. */
  | "TIMEOUT";

/** Why a run has no result; the message names the node and shows its last words. */
export class RunError extends Error {
  override readonly name = "RunError";

  constructor(
    readonly code: RunErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
