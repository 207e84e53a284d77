import { rmSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { constants, tmpdir } from "node:os";
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
 * by `close`, and as far as a dying process can also when the process exits without having called it, or is sent SIGINT
 * or SIGTERM. Those end the process with 128 + the signal's number.
 */
export class Scope {
  readonly #resources: Resource[] = [];
  readonly #onExit = (): void => this.#closeNow();
  readonly #onSignal = (signal: EndingSignal): void => {
    this.#closeNow();
    // After the other scopes of this process have heard it.
    process.nextTick(exitBy, signal);
  };

  constructor() {
    process.on("exit", this.#onExit).on("SIGINT", this.#onSignal).on("SIGTERM", this.#onSignal);
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
    for (let resource = this.#resources.at(-1); resource; resource = this.#resources.at(-1)) {
      await resource.close().catch((error: unknown) => errors.push(error));
      // Only now: who is told to end meanwhile closes it at once.
      this.#resources.splice(this.#resources.lastIndexOf(resource), 1);
    }
    process.off("exit", this.#onExit).off("SIGINT", this.#onSignal).off("SIGTERM", this.#onSignal);
    if (errors.length > 0) throw errors[0];
  }

  #closeNow(): void {
    for (let resource = this.#resources.pop(); resource; resource = this.#resources.pop()) {
      try {
        resource.closeNow();
      } catch (error) {
        console.error(error);
      }
    }
  }
}

type EndingSignal = "SIGINT" | "SIGTERM";

function exitBy(signal: EndingSignal): void {
  try {
    process.exit(128 + constants.signals[signal]);
  } catch {
    // Vitest does not let a test exit its worker; the signal itself does.
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  }
}
