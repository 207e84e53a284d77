import { join } from "node:path";
import type { Disk, DiskFile } from "../ports/disk.js";
import { StorageError, toStorageError } from "./storage-error.js";

/** A torrent may have 200,000 files; of those that nobody uses at the moment so many stay open. */
const MAX_IDLE_FILES = 64;

type FileAccess = "read" | "read-write";

interface OpenFile {
  readonly file: Promise<DiskFile>;
  users: number;
}

/** The files of one torrent, opened when they are needed and closed when others are. Rejects with StorageError. */
export class OpenFiles {
  readonly #disk: Disk;
  readonly #directory: string;
  readonly #paths: readonly (readonly string[])[];
  readonly #open = new Map<number, OpenFile>();
  /** Those of the open files without users, the longest unused first. */
  readonly #idle = new Map<number, OpenFile>();
  /** Folders that were found to be real ones, or made. */
  readonly #safeFolders = new Set<string>();
  /** Files that were written since the last {@link sync}. */
  readonly #unsynced = new Set<number>();

  /** `paths` are those of the files, by index, below `directory`. */
  constructor(disk: Disk, directory: string, paths: readonly (readonly string[])[]) {
    this.#disk = disk;
    this.#directory = directory;
    this.#paths = paths;
  }

  /** Fills `target` from a file; returns how many bytes there were. */
  read(fileIndex: number, target: Uint8Array, position: number): Promise<number> {
    const access = this.#open.has(openKey(fileIndex, "read-write")) ? "read-write" : "read";
    return this.#use(fileIndex, access, (file) => file.read(target, position));
  }

  /** Writes into a file, which is made where it is missing. */
  write(fileIndex: number, source: Uint8Array, position: number): Promise<void> {
    return this.#use(fileIndex, "read-write", (file) => {
      this.#unsynced.add(fileIndex);
      return file.write(source, position);
    });
  }

  /** Gives a file this size; it is made where it is missing. */
  resize(fileIndex: number, sizeBytes: number): Promise<void> {
    return this.#use(fileIndex, "read-write", (file) => {
      this.#unsynced.add(fileIndex);
      return file.truncate(sizeBytes);
    });
  }

  /** Resolves once everything that was written is on the medium; gives the files that this was. */
  async sync(): Promise<number[]> {
    const fileIndexes = [...this.#unsynced];
    for (const fileIndex of fileIndexes) {
      await this.#use(fileIndex, "read-write", (file) => file.sync());
      this.#unsynced.delete(fileIndex);
    }
    return fileIndexes;
  }

  /** Rejects with StorageError `UNSAFE_PATH` where something else than a folder is in a folder's place. */
  async checkFolders(): Promise<void> {
    const folders = new Set<string>();
    for (const parts of this.#paths) {
      for (let depth = 1; depth < parts.length; depth++) {
        folders.add(join(this.#directory, ...parts.slice(0, depth)));
      }
    }
    for (const folder of folders) await this.#hasFolder(folder);
  }

  /** Closes all files once their users are done; reading or writing after that opens them again. */
  async close(): Promise<void> {
    const files = [...this.#open.values()];
    this.#open.clear();
    this.#idle.clear();
    await Promise.all(files.filter(({ users }) => users === 0).map(closeQuietly));
  }

  path(fileIndex: number): string {
    return join(this.#directory, ...this.#parts(fileIndex));
  }

  async #use<T>(fileIndex: number, access: FileAccess, action: (file: DiskFile) => Promise<T>): Promise<T> {
    const key = openKey(fileIndex, access);
    let entry = this.#open.get(key);
    if (entry === undefined) {
      entry = { file: this.#openFile(fileIndex, access), users: 0 };
      this.#open.set(key, entry);
    }
    entry.users++;
    this.#idle.delete(key);
    try {
      return await action(await entry.file);
    } catch (error) {
      // Whatever is wrong, a file that is opened anew has a better chance.
      if (this.#open.get(key) === entry) this.#open.delete(key);
      this.#safeFolders.clear();
      throw toStorageError(error);
    } finally {
      entry.users--;
      if (entry.users === 0) await this.#retire(key, entry);
    }
  }

  async #retire(key: number, entry: OpenFile): Promise<void> {
    if (this.#open.get(key) !== entry) {
      await closeQuietly(entry);
      return;
    }
    this.#idle.set(key, entry);
    if (this.#idle.size <= MAX_IDLE_FILES) return;
    const oldest = this.#idle.entries().next().value;
    if (oldest === undefined) return;
    this.#idle.delete(oldest[0]);
    this.#open.delete(oldest[0]);
    await closeQuietly(oldest[1]);
  }

  async #openFile(fileIndex: number, access: FileAccess): Promise<DiskFile> {
    if (access === "read-write") await this.#makeFolders(this.#parts(fileIndex));
    return await this.#disk.open(this.path(fileIndex), access);
  }

  /** Makes the folders of a file, and refuses one that is a symbolic link and so could lead elsewhere. */
  async #makeFolders(parts: readonly string[]): Promise<void> {
    if (!this.#safeFolders.has(this.#directory)) {
      await this.#disk.makeDirectory(this.#directory);
      this.#safeFolders.add(this.#directory);
    }
    let folder = this.#directory;
    for (const name of parts.slice(0, -1)) {
      folder = join(folder, name);
      if (this.#safeFolders.has(folder)) continue;
      if (!(await this.#hasFolder(folder))) await this.#disk.makeDirectory(folder);
      this.#safeFolders.add(folder);
    }
  }

  async #hasFolder(folder: string): Promise<boolean> {
    const status = await this.#disk.status(folder);
    if (status !== undefined && status.kind !== "directory") {
      throw new StorageError(
        "UNSAFE_PATH",
        `${folder} is ${status.kind === "symlink" ? "a symbolic link" : "no folder"}`,
      );
    }
    return status !== undefined;
  }

  #parts(fileIndex: number): readonly string[] {
    const parts = this.#paths[fileIndex];
    if (parts === undefined) throw new RangeError(`there is no file ${fileIndex}`);
    return parts;
  }
}

function openKey(fileIndex: number, access: FileAccess): number {
  return fileIndex * 2 + (access === "read" ? 0 : 1);
}

/** Closes a file; that it was never opened, or cannot be closed, changes nothing for anybody. */
async function closeQuietly({ file }: OpenFile): Promise<void> {
  await file.then((opened) => opened.close()).catch(() => {});
}
