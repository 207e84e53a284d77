/** `tc`, `ip` or `ethtool` printed what this package does not understand. */
export class TcOutputError extends Error {
  override readonly name = "TcOutputError";
  readonly code = "UNREADABLE_OUTPUT";

  constructor(program: string, output: string, why: string) {
    super(`${program} printed what cannot be read (${why}): ${output.trim().slice(0, 200)}`);
  }
}
