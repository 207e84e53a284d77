import { JsonOutput } from "./json-output.js";
import type { PeerEvent } from "./peer-event.js";
import { PlainOutput } from "./plain-output.js";

/** Shows a person or a script what the peer does. */
export interface Output {
  show(event: PeerEvent): void;
  /** Writes a finished log line to standard error, without damage to what is shown. */
  log(line: string): void;
  /** Takes down what is shown. */
  close(): void;
}

/** The output that suits: JSON lines when asked for, a progress bar on a terminal, next to nothing elsewhere. */
export async function openOutput(
  json: boolean,
  stdout: NodeJS.WriteStream,
  stderr: NodeJS.WriteStream,
): Promise<Output> {
  if (json) return new JsonOutput(stdout, stderr);
  if (!stdout.isTTY) return new PlainOutput(stdout, stderr);
  // Only a terminal needs the bar's library.
  const { BarOutput } = await import("./bar-output.js");
  return new BarOutput(stdout, stderr);
}
