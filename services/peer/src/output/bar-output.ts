import { MultiBar, Presets, type SingleBar } from "cli-progress";
import type { Output } from "./output.js";
import type { PeerEvent } from "./peer-event.js";
import { statusLine } from "./status-line.js";

/** A progress bar at the bottom of a terminal; log lines appear above it, and tell everything else. */
export class BarOutput implements Output {
  readonly #stderr: NodeJS.WriteStream;
  readonly #bars: MultiBar;
  #bar: SingleBar | undefined;
  #label = "downloading";
  #totalBytes = 0;

  constructor(stdout: NodeJS.WriteStream, stderr: NodeJS.WriteStream) {
    this.#stderr = stderr;
    this.#bars = new MultiBar(
      {
        format: "{label} {bar} {percentage} % {note}",
        stream: stdout,
        barsize: 25,
        clearOnComplete: true,
        hideCursor: true,
        gracefulExit: false,
      },
      Presets.shades_classic,
    );
  }

  show(event: PeerEvent): void {
    switch (event.event) {
      case "torrent":
        this.#totalBytes = event.totalBytes;
        break;
      case "hashing":
        this.#draw("hashing", event.hashedBytes, event.totalBytes, "");
        break;
      case "checking":
        this.#draw("checking", event.checkedBytes, event.totalBytes, "");
        break;
      case "progress":
        this.#draw(this.#label, event.verifiedBytes, this.#totalBytes, statusLine(event, this.#totalBytes));
        break;
      case "seeding":
        this.#label = "seeding";
        this.#draw(this.#label, this.#totalBytes, this.#totalBytes, "");
        break;
      default:
        break;
    }
  }

  log(line: string): void {
    if (this.#bar !== undefined && this.#stderr.isTTY) this.#bars.log(line);
    else this.#stderr.write(line);
  }

  close(): void {
    if (this.#bar === undefined) return;
    this.#bar = undefined;
    // Writes the log lines that still wait.
    this.#bars.update();
    this.#bars.stop();
  }

  #draw(label: string, done: number, total: number, note: string): void {
    this.#bar ??= this.#bars.create(total, 0, { label, note });
    // The bar of an empty torrent is full.
    this.#bar.setTotal(Math.max(1, total));
    this.#bar.update(total === 0 ? 1 : done, { label, note });
  }
}
