import type { Output } from "./output.js";
import type { PeerEvent } from "./peer-event.js";

interface Sink {
  write(text: string): unknown;
}

/** One JSON object a line. */
export class JsonOutput implements Output {
  readonly #stdout: Sink;
  readonly #stderr: Sink;

  constructor(stdout: Sink, stderr: Sink) {
    this.#stdout = stdout;
    this.#stderr = stderr;
  }

  show(event: PeerEvent): void {
    this.#stdout.write(`${JSON.stringify(event)}\n`);
  }

  log(line: string): void {
    this.#stderr.write(line);
  }

  close(): void {}
}
