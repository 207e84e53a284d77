export type StorageErrorCode =
  /** No room, or no quota, for what is to be written. */
  | "DISK_FULL"
  /** Any other failure of the disk; `cause` is the system's error. */
  | "DISK_ERROR"
  /** A symbolic link, directory or special file where the torrent's own files and folders have to be. */
  | "UNSAFE_PATH"
  /** A block that is not in a verified piece was asked for. */
  | "NOT_AVAILABLE"
  /** A file is shorter than it was, or changed while it was read. */
  | "CONTENT_CHANGED"
  /** What a torrent is to be made of is missing, empty, or no plain files. */
  | "BAD_CONTENT"
  /** Not all of the content that is to be seeded is there. */
  | "INCOMPLETE"
  /** A piece was to be written although the storage was opened to seed. */
  | "READ_ONLY"
  /** The storage or hasher is closed. */
  | "CLOSED";

/** What went wrong with a torrent's content on the disk. */
export class StorageError extends Error {
  override readonly name = "StorageError";

  constructor(
    readonly code: StorageErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The error as a StorageError; system errors become `DISK_FULL` or `DISK_ERROR`. */
export function toStorageError(error: unknown): StorageError {
  if (error instanceof StorageError) return error;
  const systemCode = errorCode(error);
  const message = error instanceof Error ? error.message : String(error);
  const isFull = systemCode === "ENOSPC" || systemCode === "EDQUOT";
  const advice = systemCode === "EACCES" ? "; chmod -R a+rX lets everybody read it" : "";
  return new StorageError(isFull ? "DISK_FULL" : "DISK_ERROR", message + advice, { cause: error });
}

function errorCode(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}
