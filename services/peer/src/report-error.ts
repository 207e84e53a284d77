import type { Logger } from "@swarmlab/telemetry/logger";
import type { Output } from "./output/output.js";

/** Tells script and person what went wrong. Errors with a code of their own speak for themselves; others show their stack. */
export function reportError(error: unknown, logger: Logger, output: Output): void {
  const message = error instanceof Error ? error.message : String(error);
  const code = codeOf(error);
  if (code === undefined) logger.error({ err: error }, "unexpected error");
  else logger.error({ code }, message);
  output.show({ event: "error", code: code ?? "UNEXPECTED", message });
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}
