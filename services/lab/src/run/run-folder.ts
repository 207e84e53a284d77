import { rmSync } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

export interface RunFolderOptions {
  /** Where to make it; undefined is the system's folder for temporary files. */
  readonly parent?: string | undefined;
  /** Whether it stays when the run is over. */
  readonly isKept: boolean;
}

/** A fresh folder for everything that one run writes. */
export class RunFolder {
  private constructor(
    readonly path: string,
    readonly isKept: boolean,
  ) {}

  /** Makes the folder, and its parents where they are missing. Rejects with the system's error. */
  static async make({ parent = tmpdir(), isKept }: RunFolderOptions): Promise<RunFolder> {
    await mkdir(parent, { recursive: true });
    return new RunFolder(await mkdtemp(join(resolve(parent), "swarmlab-run-")), isKept);
  }

  /** Removes the folder unless it is kept. */
  async close(): Promise<void> {
    if (!this.isKept) await rm(this.path, { recursive: true, force: true, maxRetries: 3 });
  }

  /** The same at once, for a process that is about to exit. */
  closeNow(): void {
    if (!this.isKept) rmSync(this.path, { recursive: true, force: true, maxRetries: 3 });
  }
}
