import { type Bar, MultiBar, type Params } from "cli-progress";
import type { Paint } from "../text/paint.js";
import { formatBitRate, formatSeconds } from "../text/quantities.js";
import type { NodeProgress, ProgressView, ShownNode } from "./progress-view.js";

const BAR_WIDTH = 24;
const FRAMES_PER_SECOND = 5;

interface Payload {
  readonly name: string;
  readonly progress?: NodeProgress;
  readonly seconds?: number;
}

/** One line with a bar for every node, redrawn in place. */
export class BarsView implements ProgressView {
  readonly #stream: NodeJS.WriteStream;
  readonly #paint: Paint;
  readonly #bars = new Map<string, Bar>();
  #display: MultiBar | undefined;
  #totalBytes = 0;

  constructor(stream: NodeJS.WriteStream, paint: Paint) {
    this.#stream = stream;
    this.#paint = paint;
  }

  say(text: string): void {
    const line = `${this.#paint("dim", text)}\n`;
    if (this.#display === undefined) this.#stream.write(line);
    else this.#display.log(line);
  }

  begin(nodes: readonly ShownNode[], totalBytes: number): void {
    const width = Math.max(...nodes.map(({ name }) => name.length));
    this.#totalBytes = totalBytes;
    this.#display = new MultiBar({
      stream: this.#stream,
      fps: FRAMES_PER_SECOND,
      // Lines that are said push the bars down, and then all of them have to be drawn again.
      forceRedraw: true,
      format: (_options, params, payload: Payload) => this.#line(params, payload, width),
    });
    for (const { name, role } of nodes) {
      const bar = this.#display.create(totalBytes, role === "seeder" ? totalBytes : 0, { name });
      this.#bars.set(name, bar);
    }
  }

  update(nodeName: string, progress: NodeProgress): void {
    this.#bars.get(nodeName)?.update(progress.verifiedBytes, { progress });
  }

  complete(nodeName: string, seconds: number): void {
    this.#bars.get(nodeName)?.update(this.#totalBytes, { seconds });
  }

  end(): void {
    this.#display?.stop();
    this.#display = undefined;
  }

  #line({ value, total }: Params, { name, progress, seconds }: Payload, width: number): string {
    const fraction = total === 0 ? 1 : Math.min(1, value / total);
    const filled = Math.floor(fraction * BAR_WIDTH);
    const isWhole = filled === BAR_WIDTH;
    const bar = this.#paint(isWhole ? "green" : "cyan", "█".repeat(filled)) + "░".repeat(BAR_WIDTH - filled);
    const percent = `${Math.floor(fraction * 100)} %`.padStart(5);
    const down = formatBitRate(progress?.downBitsPerSecond ?? 0).padStart(12);
    const up = formatBitRate(progress?.upBitsPerSecond ?? 0).padStart(12);
    const peers = `${progress?.peers ?? 0} peers`.padStart(8);
    const done = seconds === undefined ? "" : this.#paint("green", `  ${formatSeconds(seconds)}`);
    return `${name.padEnd(width)}  ${bar} ${percent}  ↓${down}  ↑${up}  ${peers}${done}`;
  }
}
