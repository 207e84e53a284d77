import type { Output } from "./output.js";
import type { PeerEvent } from "./peer-event.js";
import { percentOf } from "./quantities.js";

/** Hashing that takes longer than this has a line each time. */
const LINE_INTERVAL_MS = 5_000;

interface Sink {
  write(text: string): unknown;
}

/** For files and pipes: the log tells everything; here is only how far hashing is while it takes long. */
export class PlainOutput implements Output {
  readonly #stdout: Sink;
  readonly #stderr: Sink;
  readonly #nowMs: () => number;
  #work: string | undefined;
  #lastLineMs = 0;

  constructor(stdout: Sink, stderr: Sink, nowMs = () => performance.now()) {
    this.#stdout = stdout;
    this.#stderr = stderr;
    this.#nowMs = nowMs;
  }

  show(event: PeerEvent): void {
    if (event.event === "hashing") this.#progress("hashing", event.hashedBytes, event.totalBytes);
    else if (event.event === "checking") this.#progress("checking", event.checkedBytes, event.totalBytes);
  }

  log(line: string): void {
    this.#stderr.write(line);
  }

  close(): void {}

  #progress(work: string, done: number, total: number): void {
    const nowMs = this.#nowMs();
    if (this.#work !== work) {
      this.#work = work;
      this.#lastLineMs = nowMs;
    } else if (nowMs - this.#lastLineMs >= LINE_INTERVAL_MS) {
      this.#lastLineMs = nowMs;
      this.#stdout.write(`${work} ${percentOf(done, total)} %\n`);
    }
  }
}
