import { mkdir, open, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { type AgentState, agentStateSchema, emptyState } from "./agent-state.js";

/** What was remembered cannot be read, or not be written; the message names the file. */
export class StateError extends Error {
  override readonly name = "StateError";

  constructor(
    readonly code: "BAD_STATE" | "NOT_WRITTEN",
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** `state.json` in the agent's directory. It is replaced as a whole, so that a crash leaves the old one or the new one. */
export class StateFile {
  readonly #directory: string;
  #written: Promise<void> = Promise.resolve();
  #next: { readonly state: () => AgentState; readonly written: Promise<void> } | undefined;

  constructor(directory: string) {
    this.#directory = directory;
  }

  get path(): string {
    return join(this.#directory, "state.json");
  }

  /** An empty state when there is no file yet. Rejects with a StateError `BAD_STATE`. */
  async read(): Promise<AgentState> {
    let text: string;
    try {
      text = await readFile(this.path, "utf8");
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "ENOENT") return emptyState;
      throw this.#error("BAD_STATE", "cannot be read", error);
    }
    let document: unknown;
    try {
      document = JSON.parse(text);
    } catch (error) {
      throw this.#error("BAD_STATE", "is not JSON", error);
    }
    const state = agentStateSchema.safeParse(document);
    if (state.success) return state.data;
    throw this.#error("BAD_STATE", `is not the agent's: ${z.prettifyError(state.error)}`, state.error);
  }

  /** Writes what `state` gives when its turn comes: many changes at once are one write. Rejects with a StateError. */
  write(state: () => AgentState): Promise<void> {
    if (this.#next === undefined) {
      const written = this.#written.then(() => this.#writeNext());
      // Who waits for this write learns of its failure; the next one tries anew.
      this.#written = written.catch(() => undefined);
      this.#next = { state, written };
    } else {
      this.#next = { ...this.#next, state };
    }
    return this.#next.written;
  }

  async #writeNext(): Promise<void> {
    const state = this.#next?.state;
    this.#next = undefined;
    if (state === undefined) return;
    const temporary = `${this.path}.new`;
    try {
      await mkdir(this.#directory, { recursive: true });
      const file = await open(temporary, "w");
      try {
        await file.writeFile(`${JSON.stringify(state(), undefined, 2)}\n`);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(temporary, this.path);
    } catch (error) {
      throw this.#error("NOT_WRITTEN", "cannot be written", error);
    }
  }

  #error(code: StateError["code"], reason: string, cause: unknown): StateError {
    const detail = code === "BAD_STATE" || !(cause instanceof Error) ? "" : `: ${cause.message}`;
    return new StateError(code, `${this.path} ${reason}${detail}`, { cause });
  }
}
