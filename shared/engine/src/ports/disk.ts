/** All of the file system that the engine uses. Paths are absolute. Errors are those of `node:fs` (with `code`). */
export interface Disk {
  /** Opens a file: `read` refuses a missing one, `read-write` creates it. Never follows a symbolic link at its last part. */
  open(path: string, mode: "read" | "read-write"): Promise<DiskFile>;
  /** Status of the path itself (a symbolic link is not followed); undefined when there is nothing. */
  status(path: string): Promise<FileStatus | undefined>;
  /** Names of all that is in the directory, in no particular order. */
  listDirectory(path: string): Promise<string[]>;
  /** Makes the directory and its parents. */
  makeDirectory(path: string): Promise<void>;
  /** A whole small file; undefined when there is none. Rejects when it is larger than `maxBytes`. */
  readFile(path: string, maxBytes: number): Promise<Uint8Array | undefined>;
  /** Replaces the file as a whole and durably: after a power cut the old or the new content is there. */
  writeFileAtomically(path: string, content: Uint8Array): Promise<void>;
  /** Removes a file; a missing one is not an error. */
  remove(path: string): Promise<void>;
}

export interface FileStatus {
  readonly kind: "file" | "directory" | "symlink" | "other";
  readonly sizeBytes: number;
  readonly modifiedMs: number;
}

export interface DiskFile {
  /** Fills `target` from `position`; returns how many bytes there were (fewer only at the end of the file). */
  read(target: Uint8Array, position: number): Promise<number>;
  /** Writes all of `source` from `position`. */
  write(source: Uint8Array, position: number): Promise<void>;
  truncate(sizeBytes: number): Promise<void>;
  /** Resolves once what was written is on the medium (fdatasync). */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** SHA-1 off the main thread. */
export interface Hasher {
  /** The digest of `bytes`; cheapest when they lie in a SharedArrayBuffer. `bytes` must not change until it resolves. */
  sha1(bytes: Uint8Array): Promise<Uint8Array>;
}
