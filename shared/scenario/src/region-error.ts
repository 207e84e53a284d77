/** Why a text names no regions, or a file no matrix of them; the message says what would be one. */
export class RegionError extends Error {
  override readonly name = "RegionError";

  constructor(
    readonly code: "BAD_MATRIX" | "UNKNOWN_REGION" | "BAD_WEIGHT",
    message: string,
  ) {
    super(message);
  }
}
