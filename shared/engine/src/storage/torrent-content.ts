import type { TorrentFile } from "@swarmlab/metainfo/info";
import type { Disk } from "../ports/disk.js";
import { FileLayout } from "./file-layout.js";
import { OpenFiles } from "./open-files.js";
import { StorageError } from "./storage-error.js";

/** What the disk says of one file; undefined when there is none. Two equal states mean that nobody wrote in between. */
export type FileState = { readonly sizeBytes: number; readonly modifiedUs: number } | undefined;

/** A torrent's bytes, as one range, in its files. */
export class TorrentContent {
  readonly #disk: Disk;
  readonly #files: readonly TorrentFile[];
  readonly #layout: FileLayout;
  readonly #openFiles: OpenFiles;
  #states: FileState[] = [];

  constructor(disk: Disk, directory: string, files: readonly TorrentFile[]) {
    this.#disk = disk;
    this.#files = files;
    this.#layout = new FileLayout(files);
    this.#openFiles = new OpenFiles(
      disk,
      directory,
      files.map(({ path }) => path),
    );
  }

  /**
   * Fills `target` from `offsetBytes` of the torrent.
   * Rejects with StorageError `CONTENT_CHANGED` when a file is too short.
   */
  async read(offsetBytes: number, target: Uint8Array): Promise<void> {
    let done = 0;
    for (const span of this.#layout.spans(offsetBytes, target.length)) {
      const part = target.subarray(done, done + span.lengthBytes);
      done += span.lengthBytes;
      if (span.isPadding) {
        part.fill(0);
        continue;
      }
      const count = await this.#openFiles.read(span.fileIndex, part, span.fileOffsetBytes);
      if (count < part.length) {
        throw new StorageError(
          "CONTENT_CHANGED",
          `${this.#openFiles.path(span.fileIndex)} has become shorter`,
        );
      }
    }
  }

  /** Writes `source` from `offsetBytes` of the torrent, with one write for each file. */
  async write(offsetBytes: number, source: Uint8Array): Promise<void> {
    let done = 0;
    for (const span of this.#layout.spans(offsetBytes, source.length)) {
      const part = source.subarray(done, done + span.lengthBytes);
      done += span.lengthBytes;
      if (!span.isPadding) await this.#openFiles.write(span.fileIndex, part, span.fileOffsetBytes);
    }
  }

  /**
   * Reads the state of every file; padding is never there. With `isForWriting` the folders are looked at, too.
   * Rejects with StorageError `UNSAFE_PATH` where something else is in the place of a file or folder.
   */
  async readStates(isForWriting: boolean): Promise<readonly FileState[]> {
    if (isForWriting) await this.#openFiles.checkFolders();
    const states = new Array<FileState>(this.#files.length).fill(undefined);
    const indexes = this.#files.keys();
    // A few at a time: a torrent may have very many files.
    const runLane = async (): Promise<void> => {
      for (const fileIndex of indexes) states[fileIndex] = await this.#readState(fileIndex);
    };
    await Promise.all(Array.from({ length: 8 }, runLane));
    this.#states = states;
    return states;
  }

  /** The files as they were when they were last looked at or synced. */
  get states(): readonly FileState[] {
    return this.#states;
  }

  async #readState(fileIndex: number): Promise<FileState> {
    if (this.#files[fileIndex]?.isPadding) return undefined;
    const path = this.#openFiles.path(fileIndex);
    const status = await this.#disk.status(path);
    if (status === undefined) return undefined;
    if (status.kind !== "file") {
      throw new StorageError(
        "UNSAFE_PATH",
        `${path} is ${status.kind === "symlink" ? "a symbolic link" : "no plain file"}`,
      );
    }
    return { sizeBytes: status.sizeBytes, modifiedUs: Math.round(status.modifiedMs * 1000) };
  }

  /** Whether the files are long enough to hold the range. */
  isPresent(offsetBytes: number, lengthBytes: number): boolean {
    return this.#layout.spans(offsetBytes, lengthBytes).every((span) => {
      const sizeBytes = this.#states[span.fileIndex]?.sizeBytes ?? 0;
      return span.isPadding || sizeBytes >= span.fileOffsetBytes + span.lengthBytes;
    });
  }

  /** Makes the empty files, and shortens those that are too long. Tells whether there was something to do. */
  async prepareFiles(): Promise<boolean> {
    let isTouched = false;
    for (const [fileIndex, { lengthBytes, isPadding }] of this.#files.entries()) {
      const state = this.#states[fileIndex];
      const isWrong = state === undefined ? lengthBytes === 0 : state.sizeBytes > lengthBytes;
      if (!isWrong || isPadding) continue;
      isTouched = true;
      await this.#openFiles.resize(fileIndex, lengthBytes);
    }
    return isTouched;
  }

  /** Resolves once everything that was written is on the medium. */
  async sync(): Promise<void> {
    for (const fileIndex of await this.#openFiles.sync()) {
      this.#states[fileIndex] = await this.#readState(fileIndex);
    }
  }

  /** Closes all files; reading or writing after that opens them again. */
  close(): Promise<void> {
    return this.#openFiles.close();
  }
}
