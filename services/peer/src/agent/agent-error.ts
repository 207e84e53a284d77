export type AgentErrorCode =
  /** No connection, no answer in time, or a failing server: it may work later. */
  | "AGENT_UNREACHABLE"
  /** The agent does not know yet who lives at our address. */
  | "UNKNOWN_NODE"
  /** The agent knows us, and our link is not in place yet. */
  | "LINK_NOT_IN_PLACE"
  /** The link that we emulate could not be measured. */
  | "LINK_NOT_MEASURED"
  /** The agent does not answer to us, and will not later. */
  | "AGENT_REFUSED"
  /** The answer is not what an agent answers. */
  | "BAD_AGENT_ANSWER";

/** What went wrong between a peer and its agent. */
export class AgentError extends Error {
  override readonly name = "AgentError";

  constructor(
    readonly code: AgentErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }

  /** Whether it may work later. */
  get isTemporary(): boolean {
    return this.code !== "AGENT_REFUSED" && this.code !== "BAD_AGENT_ANSWER";
  }
}
