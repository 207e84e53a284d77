import { accessSync, constants, statfsSync } from "node:fs";
import { tmpdir } from "node:os";

const sharedMemory = "/dev/shm";

/** A folder in memory with room for `bytes`; where there is none, the ordinary one for temporary files and a warning. */
export function memoryFolder(bytes: number): string {
  try {
    accessSync(sharedMemory, constants.W_OK);
    const { bavail, bsize } = statfsSync(sharedMemory);
    if (bavail * bsize > bytes) return sharedMemory;
  } catch {
    // Not Linux, or not ours to write.
  }
  console.error(
    `warning: ${sharedMemory} has no room for ${bytes} bytes; files go to disk, which will be slower`,
  );
  return tmpdir();
}
