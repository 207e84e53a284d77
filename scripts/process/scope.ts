import { rmSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Child, type ChildOptions } from "./child.js";

/** Something that a run has opened and has to close. */
export interface Resource {
  close(): Promise<void>;
  /** Best effort and at once: this process is about to exit. */
  closeNow(): void;
}

/**
 * What one run has opened: child processes, scratch directories, namespaces. All of it is closed, last opened first,
 * by `close`, and as far as a dying process can also when the process exits without having called it.
 */
export class Scope {
  readonly #resources: Resource[] = [];
  readonly #onExit = (): void => {
    for (const resource of this.#resources.reverse()) resource.closeNow();
  };

  constructor() {
    process.on("exit", this.#onExit);
  }

  add<T extends Resource>(resource: T): T {
    this.#resources.push(resource);
    return resource;
  }

  /** Starts a child process. Rejects with a {@link ChildError} when the command is not there. */
  async start(options: ChildOptions): Promise<Child> {
    const child = await Child.start(options);
    this.add({
      close: async () => {
        await child.stop();
      },
      closeNow: () => child.kill(),
    });
    return child;
  }

  /** A fresh empty directory, by default under the system's directory for temporary files. */
  async scratchDirectory(purpose: string, parent = tmpdir()): Promise<string> {
    const path = await mkdtemp(join(parent, `swarmlab-${purpose}-`));
    this.add({
      close: () => rm(path, { recursive: true, force: true }),
      closeNow: () => rmSync(path, { recursive: true, force: true }),
    });
    return path;
  }

  /** Closes everything. An error of one resource does not keep the others open; the first is thrown at the end. */
  async close(): Promise<void> {
    const errors: unknown[] = [];
    for (let resource = this.#resources.pop(); resource; resource = this.#resources.pop()) {
      await resource.close().catch((error: unknown) => errors.push(error));
    }
    process.off("exit", this.#onExit);
    if (errors.length > 0) throw errors[0];
  }
}
