import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { type FileHandle, lstat, mkdir, open, readdir, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import type { Disk, DiskFile, FileStatus } from "../ports/disk.js";

const { O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_RDWR, O_WRONLY } = constants;

/** The file system of this machine. */
export class NodeDisk implements Disk {
  async open(path: string, mode: "read" | "read-write"): Promise<DiskFile> {
    // O_NONBLOCK means nothing to a file, and keeps a named pipe in its place from blocking a thread.
    const flags = (mode === "read" ? O_RDONLY : O_RDWR | O_CREAT) | O_NOFOLLOW | O_NONBLOCK;
    return new NodeDiskFile(await open(path, flags));
  }

  async status(path: string): Promise<FileStatus | undefined> {
    try {
      const stats = await lstat(path);
      const kind = stats.isFile()
        ? "file"
        : stats.isDirectory()
          ? "directory"
          : stats.isSymbolicLink()
            ? "symlink"
            : "other";
      return { kind, sizeBytes: stats.size, modifiedMs: stats.mtimeMs };
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  listDirectory(path: string): Promise<string[]> {
    return readdir(path);
  }

  async makeDirectory(path: string): Promise<void> {
    await mkdir(path, { recursive: true });
  }

  async readFile(path: string, maxBytes: number): Promise<Uint8Array | undefined> {
    let file: FileHandle;
    try {
      file = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
    try {
      const { size } = await file.stat();
      if (size > maxBytes) throw new RangeError(`${path} has ${size} bytes, more than ${maxBytes}`);
      const content = new Uint8Array(size);
      return content.subarray(0, await readFully(file, content, 0));
    } finally {
      await file.close();
    }
  }

  async writeFileAtomically(path: string, content: Uint8Array): Promise<void> {
    const temporaryPath = `${path}.${randomBytes(6).toString("hex")}.tmp`;
    try {
      const file = await open(temporaryPath, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o644);
      try {
        await writeFully(file, content, 0);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(temporaryPath, path);
    } catch (error) {
      await rm(temporaryPath, { force: true }).catch(() => {});
      throw error;
    }
    await syncDirectory(dirname(path));
  }

  async remove(path: string): Promise<void> {
    await rm(path, { force: true });
  }
}

class NodeDiskFile implements DiskFile {
  readonly #file: FileHandle;

  constructor(file: FileHandle) {
    this.#file = file;
  }

  read(target: Uint8Array, position: number): Promise<number> {
    return readFully(this.#file, target, position);
  }

  write(source: Uint8Array, position: number): Promise<void> {
    return writeFully(this.#file, source, position);
  }

  truncate(sizeBytes: number): Promise<void> {
    return this.#file.truncate(sizeBytes);
  }

  sync(): Promise<void> {
    return this.#file.datasync();
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}

async function readFully(file: FileHandle, target: Uint8Array, position: number): Promise<number> {
  let done = 0;
  while (done < target.length) {
    const { bytesRead } = await file.read(target, done, target.length - done, position + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return done;
}

async function writeFully(file: FileHandle, source: Uint8Array, position: number): Promise<void> {
  let done = 0;
  while (done < source.length) {
    const { bytesWritten } = await file.write(source, done, source.length - done, position + done);
    done += bytesWritten;
  }
}

/** Makes a rename in the directory durable. */
async function syncDirectory(path: string): Promise<void> {
  // Windows cannot open a directory, nor does it need this.
  if (process.platform === "win32") return;
  const directory = await open(path, O_RDONLY | O_DIRECTORY);
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR");
}
