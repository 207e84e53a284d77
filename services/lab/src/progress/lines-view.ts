import { formatBitRate, formatPercent, formatSeconds } from "../text/quantities.js";
import type { NodeProgress, ProgressView, ShownNode } from "./progress-view.js";

interface Sink {
  write(text: string): unknown;
}

const SUMMARY_INTERVAL_MS = 3000;

/** Plain lines: what happens, and every few seconds how far everyone is. */
export class LinesView implements ProgressView {
  readonly #sink: Sink;
  readonly #leechers = new Map<string, NodeProgress | undefined>();
  #completeCount = 0;
  #totalBytes = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(sink: Sink) {
    this.#sink = sink;
  }

  say(text: string): void {
    this.#sink.write(`${text}\n`);
  }

  begin(nodes: readonly ShownNode[], totalBytes: number): void {
    this.#totalBytes = totalBytes;
    for (const { name, role } of nodes) if (role === "leecher") this.#leechers.set(name, undefined);
    this.#timer = setInterval(() => this.#summarize(), SUMMARY_INTERVAL_MS);
  }

  update(nodeName: string, progress: NodeProgress): void {
    if (this.#leechers.has(nodeName)) this.#leechers.set(nodeName, progress);
  }

  complete(nodeName: string, seconds: number): void {
    this.#completeCount++;
    this.say(`${nodeName} has everything after ${formatSeconds(seconds)}`);
  }

  end(): void {
    clearInterval(this.#timer);
  }

  #summarize(): void {
    const states = [...this.#leechers.values()];
    const fractions = states.map((state) => (state?.verifiedBytes ?? 0) / Math.max(1, this.#totalBytes));
    const mean = fractions.reduce((sum, fraction) => sum + fraction, 0) / fractions.length;
    const downBitsPerSecond = states.reduce((sum, state) => sum + (state?.downBitsPerSecond ?? 0), 0);
    this.say(
      `${formatPercent(mean)} of all copies, ${formatPercent(Math.min(...fractions))} of the slowest, ` +
        `${formatBitRate(downBitsPerSecond)} in all, ${this.#completeCount} of ${states.length} leechers complete`,
    );
  }
}
