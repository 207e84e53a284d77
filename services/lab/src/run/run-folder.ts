import { rmSync } from "node:fs";
import { mkdir, mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { RunError } from "./run-error.js";

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

  /** Makes the folder, and its parents where they are missing. Rejects with RunError `BAD_FOLDER`. */
  static async make({ parent = tmpdir(), isKept }: RunFolderOptions): Promise<RunFolder> {
    const absolute = resolve(parent);
    try {
      await makeDirectory(absolute);
      return new RunFolder(await mkdtemp(join(absolute, "swarmlab-run-")), isKept);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new RunError("BAD_FOLDER", `cannot make the folder of the run in ${parent}: ${reason}`);
    }
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

/** Parents first and one at a time: Node's own recursive way does not end where the system denies that they exist (/proc). */
async function makeDirectory(path: string): Promise<void> {
  const status = await stat(path).catch(() => undefined);
  if (status?.isDirectory()) return;
  if (status !== undefined) throw new Error(`${path} is no folder`);
  await makeDirectory(dirname(path));
  await mkdir(path);
}
