/** Why settings were refused: what the user wrote is unknown, incomplete, or not a legal value. */
export type SettingsErrorCode = "UNKNOWN_SETTING" | "MISSING_VALUE" | "INVALID_VALUE" | "BAD_FILE";

/** A message for the person at the command line: it names the flag, variable or key, and what would be right. */
export class SettingsError extends Error {
  override readonly name = "SettingsError";

  constructor(
    readonly code: SettingsErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
