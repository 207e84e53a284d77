/** Why something could not be measured. */
export class MeasurementError extends Error {
  override readonly name = "MeasurementError";

  constructor(
    readonly code: /** `ping` cannot be run. */
      | "NO_PING"
      /** Too little comes back. */
      | "NO_ANSWER"
      /** Not measured by this kind of agent. */
      | "NOT_MEASURABLE"
      /** The agent has no address on the swarm's network. */
      | "NO_PLACE"
      /** The node's network namespace is not there any more, or may not be entered. */
      | "NO_NAMESPACE"
      /** An end point did not do its part. */
      | "NO_FLOOD"
      /** This host cannot send as fast as the link is. */
      | "TOO_FAST"
      /** The node makes its link itself, and has to measure it itself. */
      | "NOT_OURS",
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
