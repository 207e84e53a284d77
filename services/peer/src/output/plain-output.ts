import type { Output } from "./output.js";
import type { PeerEvent } from "./peer-event.js";
import { formatBitRate, formatBytes, percentOf } from "./quantities.js";

/** A line of progress comes after so many milliseconds, or after so many percent if that is sooner. */
const LINE_INTERVAL_MS = 5_000;
const LINE_STEP_PERCENT = 10;

interface Sink {
  write(text: string): unknown;
}

/** Plain lines, for files and pipes. Trouble is told by the log. */
export class PlainOutput implements Output {
  readonly #stdout: Sink;
  readonly #stderr: Sink;
  #totalBytes = 0;
  #lastLineMs = Number.NEGATIVE_INFINITY;
  #lastStep = 0;

  constructor(stdout: Sink, stderr: Sink) {
    this.#stdout = stdout;
    this.#stderr = stderr;
  }

  show(event: PeerEvent): void {
    if (event.event === "torrent") this.#totalBytes = event.totalBytes;
    const text = this.#textOf(event);
    if (text !== undefined) this.#stdout.write(`${text}\n`);
  }

  log(line: string): void {
    this.#stderr.write(line);
  }

  close(): void {}

  #textOf(event: PeerEvent): string | undefined {
    switch (event.event) {
      case "ready":
        return `reachable at ${event.listen}, control on ${event.control}, link emulation: ${event.backend}`;
      case "torrent":
        return `${event.name}: ${formatBytes(event.totalBytes)} in ${event.pieceCount} pieces\n${event.magnet}`;
      case "hashing":
        return this.#step("hashing", event.hashedBytes, event.totalBytes);
      case "checking":
        return this.#step("checking", event.checkedBytes, event.totalBytes);
      case "progress":
        return this.#step(statusLine(event, this.#totalBytes), event.verifiedBytes, this.#totalBytes);
      case "complete":
        return `complete after ${event.seconds.toFixed(1)} s: ${event.path}`;
      case "seeding":
        return `seeding ${event.name}`;
      case "stopped":
        return `stopped: sent ${formatBytes(event.uploadedBytes)}, received ${formatBytes(event.downloadedBytes)}`;
      default:
        return undefined;
    }
  }

  /** The text with its percentage, when it is time for a line. */
  #step(text: string, done: number, total: number): string | undefined {
    const percent = percentOf(done, total);
    const step = Math.floor(percent / LINE_STEP_PERCENT);
    const nowMs = performance.now();
    if (step === this.#lastStep && nowMs - this.#lastLineMs < LINE_INTERVAL_MS) return undefined;
    this.#lastStep = step;
    this.#lastLineMs = nowMs;
    return `${String(percent).padStart(3)} % ${text}`;
  }
}

/** `12.5 MiB of 64.0 MiB, down 8.1 Mbit/s, up 2.0 Mbit/s, 5 peers`. */
export function statusLine(progress: Extract<PeerEvent, { event: "progress" }>, totalBytes: number): string {
  const { verifiedBytes, downBitsPerSecond, upBitsPerSecond, peers } = progress;
  return [
    `${formatBytes(verifiedBytes)} of ${formatBytes(totalBytes)}`,
    `down ${formatBitRate(downBitsPerSecond)}`,
    `up ${formatBitRate(upBitsPerSecond)}`,
    `${peers} ${peers === 1 ? "peer" : "peers"}`,
  ].join(", ");
}
