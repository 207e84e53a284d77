import { dirname } from "node:path/posix";
import type { Disk, DiskFile, FileStatus } from "../ports/disk.js";
import { MemoryFile, PAGE_BYTES } from "./memory-file.js";

type SystemErrorCode = "ENOENT" | "ENOSPC" | "EIO" | "EISDIR" | "ENOTDIR";

/**
 * A disk in memory for simulations: deterministic, can be full, can fail, and can lose power.
 * Its time of modification goes up by one millisecond with each change.
 */
export class MemoryDisk implements Disk {
  /** How much all files may hold, counted in pages of 16 KiB. May be changed at any time. */
  capacityBytes: number;
  /** While set, every write fails with this error. */
  writeError: SystemErrorCode | undefined;
  readonly #files = new Map<string, MemoryFile>();
  readonly #directories = new Set<string>(["/"]);
  #changes = 0;

  constructor({ capacityBytes = Number.POSITIVE_INFINITY }: { readonly capacityBytes?: number } = {}) {
    this.capacityBytes = capacityBytes;
  }

  /** What all files hold now, in whole pages. */
  get usedBytes(): number {
    let pages = 0;
    for (const file of this.#files.values()) pages += file.pageCount;
    return pages * PAGE_BYTES;
  }

  /**
   * Cuts the power: what was written and not synced is gone. Times of modification stay as they were,
   * the worst case for whoever trusts them. Open files must not be used any more.
   */
  cutPower(): void {
    for (const file of this.#files.values()) file.dropUnsynced();
  }

  async open(path: string, mode: "read" | "read-write"): Promise<DiskFile> {
    if (this.#directories.has(path)) throw systemError("EISDIR", path);
    let file = this.#files.get(path);
    if (file === undefined) {
      if (mode === "read" || !this.#directories.has(dirname(path))) throw systemError("ENOENT", path);
      file = new MemoryFile();
      this.#files.set(path, file);
      this.#touch(file);
    }
    return this.#handle(file, path);
  }

  async status(path: string): Promise<FileStatus | undefined> {
    const file = this.#files.get(path);
    if (file !== undefined) {
      return { kind: "file", sizeBytes: file.sizeBytes, modifiedMs: file.modifiedMs };
    }
    return this.#directories.has(path) ? { kind: "directory", sizeBytes: 0, modifiedMs: 0 } : undefined;
  }

  async listDirectory(path: string): Promise<string[]> {
    if (!this.#directories.has(path)) throw systemError(this.#files.has(path) ? "ENOTDIR" : "ENOENT", path);
    const names: string[] = [];
    for (const other of [...this.#files.keys(), ...this.#directories]) {
      if (other !== "/" && dirname(other) === path) names.push(other.slice(other.lastIndexOf("/") + 1));
    }
    return names;
  }

  async makeDirectory(path: string): Promise<void> {
    for (let directory = path; !this.#directories.has(directory); directory = dirname(directory)) {
      if (this.#files.has(directory)) throw systemError("ENOTDIR", directory);
      this.#directories.add(directory);
    }
  }

  async readFile(path: string, maxBytes: number): Promise<Uint8Array | undefined> {
    const file = this.#files.get(path);
    if (file === undefined) return undefined;
    if (file.sizeBytes > maxBytes) throw new RangeError(`${path} has more than ${maxBytes} bytes`);
    const content = new Uint8Array(file.sizeBytes);
    file.read(content, 0);
    return content;
  }

  async writeFileAtomically(path: string, content: Uint8Array): Promise<void> {
    if (!this.#directories.has(dirname(path))) throw systemError("ENOENT", path);
    const file = new MemoryFile();
    // The old file is there until the new one is whole.
    this.#write(file, content, 0, path);
    file.sync();
    this.#files.set(path, file);
  }

  async remove(path: string): Promise<void> {
    this.#files.delete(path);
  }

  #handle(file: MemoryFile, path: string): DiskFile {
    return {
      read: async (target, position) => file.read(target, position),
      write: async (source, position) => this.#write(file, source, position, path),
      truncate: async (sizeBytes) => {
        file.truncate(sizeBytes);
        this.#touch(file);
      },
      sync: async () => file.sync(),
      close: async () => {},
    };
  }

  #write(file: MemoryFile, source: Uint8Array, position: number, path: string): void {
    if (this.writeError !== undefined) throw systemError(this.writeError, path);
    this.#touch(file);
    let freeBytes = this.capacityBytes - this.usedBytes;
    file.write(source, position, () => {
      freeBytes -= PAGE_BYTES;
      if (freeBytes < 0) throw systemError("ENOSPC", path);
    });
  }

  #touch(file: MemoryFile): void {
    file.modifiedMs = ++this.#changes;
  }
}

function systemError(code: SystemErrorCode, path: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: ${path}`), { code });
}
