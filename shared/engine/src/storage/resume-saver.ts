import type { TorrentInfo } from "@swarmlab/metainfo/info";
import { Bitfield } from "@swarmlab/wire/bitfield";
import type { Clock, Timer } from "../ports/clock.js";
import type { Disk } from "../ports/disk.js";
import { decodeResume, encodeResume, maxResumeBytes, type ResumeState, resumePath } from "./resume-file.js";
import type { TorrentContent } from "./torrent-content.js";

const SAVE_INTERVAL_MS = 5_000;

export interface ResumeSaverOptions {
  readonly info: TorrentInfo;
  readonly directory: string;
  readonly disk: Disk;
  readonly clock: Clock;
  readonly content: TorrentContent;
  /** Pieces that are in the files; the saver takes what is in it at the time. */
  readonly written: Bitfield;
  /** Runs the save when no write is under way, so that pieces and files belong together. */
  schedule(save: () => Promise<void>): Promise<void>;
  /** The file could not be written, for example because the directory is read-only. */
  onFailure(error: unknown): void;
}

/** Keeps the resume file of one torrent. */
export class ResumeSaver {
  readonly #options: ResumeSaverOptions;
  readonly #path: string;
  #timer: Timer | undefined;
  #isDue = false;

  constructor(options: ResumeSaverOptions) {
    this.#options = options;
    this.#path = resumePath(options.directory, options.info);
  }

  /** Whether pieces were written since the last save. */
  get isDue(): boolean {
    return this.#isDue;
  }

  /** A piece was written: saves within a few seconds. */
  onWritten(): void {
    this.#isDue = true;
    this.#timer ??= this.#options.clock.setTimer(SAVE_INTERVAL_MS, () => {
      this.#timer = undefined;
      this.#options.schedule(() => this.saveNow()).catch(() => {});
    });
  }

  /** Never rejects. Call it while nothing is being written. */
  async saveNow(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = undefined;
    const { info, content, written, disk } = this.#options;
    try {
      const pieces = new Bitfield(written.length, written.bytes.slice());
      // What the file claims must be on the medium before it.
      await content.sync();
      const state = { pieces, files: content.states };
      await disk.writeFileAtomically(this.#path, encodeResume(info, state));
      this.#isDue = false;
    } catch (error) {
      this.#options.onFailure(error);
    }
  }
}

/** What was saved last, by this process or an earlier one; undefined when there is nothing that can be read. */
export async function loadResume(
  disk: Disk,
  directory: string,
  info: TorrentInfo,
): Promise<ResumeState | undefined> {
  const bytes = await disk.readFile(resumePath(directory, info), maxResumeBytes(info)).catch(() => undefined);
  return bytes === undefined ? undefined : decodeResume(info, bytes);
}
