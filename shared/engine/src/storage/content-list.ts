import { basename, join } from "node:path";
import type { NewFile } from "@swarmlab/metainfo/create";
import { MAX_FILES } from "@swarmlab/metainfo/info";
import { checkFilePath } from "@swarmlab/metainfo/safe-path";
import type { Disk } from "../ports/disk.js";
import { StorageError, toStorageError } from "./storage-error.js";

/** The files that a torrent of a file or folder has. */
export interface ContentList {
  readonly isSingleFile: boolean;
  /** Paths below the content root; that of a single file is empty. */
  readonly files: readonly NewFile[];
}

/**
 * Lists a file, or the files of a folder sorted by their paths, none when it holds nothing. What is hidden in a folder is
 * no content: it is the file manager's or the version control's. Rejects with StorageError `BAD_CONTENT` (missing, too
 * many files, a symbolic link or special file) or `DISK_ERROR`; with MetainfoError for a name that is not safe; and with
 * the signal's reason.
 */
export async function listContent(disk: Disk, root: string, signal?: AbortSignal): Promise<ContentList> {
  const name = basename(root);
  checkFilePath([name]);
  const files: NewFile[] = [];
  const visit = async (path: readonly string[]): Promise<void> => {
    signal?.throwIfAborted();
    const fullPath = join(root, ...path);
    const status = await disk.status(fullPath).catch(rethrow);
    if (status?.kind === "file") {
      files.push({ path, lengthBytes: status.sizeBytes });
    } else if (status?.kind === "directory") {
      const names = await disk.listDirectory(fullPath).catch(rethrow);
      // Parents come before and are compared first, so this sorts whole paths.
      for (const child of names.sort()) {
        if (isHidden(child)) continue;
        checkFilePath([name, ...path, child]);
        await visit([...path, child]);
      }
    } else {
      throw new StorageError("BAD_CONTENT", `${fullPath} ${describe(status?.kind)}`);
    }
    if (files.length > MAX_FILES) {
      throw new StorageError("BAD_CONTENT", `${root} has more than ${MAX_FILES} files`);
    }
  };
  await visit([]);
  return { isSingleFile: files[0]?.path.length === 0, files };
}

/** Whether a file or folder of this name is hidden, as Unix has it. */
export function isHidden(name: string): boolean {
  return name.startsWith(".");
}

function describe(kind: "symlink" | "other" | undefined): string {
  if (kind === undefined) return "does not exist";
  return kind === "symlink"
    ? "is a symbolic link, which a torrent cannot hold"
    : "is neither a file nor a folder";
}

function rethrow(error: unknown): never {
  throw toStorageError(error);
}
