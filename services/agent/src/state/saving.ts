import type { Logger } from "@swarmlab/telemetry/logger";
import type { Swarm } from "../nodes/swarm.js";
import type { AgentMemory } from "./agent-memory.js";

const gatherMs = 100;

/** Keeps on disk what the swarm is like. What cannot be written is in force all the same, and in `trouble`. */
export class Saving {
  readonly #memory: AgentMemory;
  readonly #swarm: Swarm;
  readonly #logger: Logger;
  #trouble: string | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(memory: AgentMemory, swarm: Swarm, logger: Logger) {
    this.#memory = memory;
    this.#swarm = swarm;
    this.#logger = logger;
  }

  /** Why a restart of the agent would not find what is in force now; undefined when it would. */
  get trouble(): string | undefined {
    return this.#trouble;
  }

  /** Something may have changed that is not worth waiting for. */
  saveSoon(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      void this.save();
    }, gatherMs);
  }

  /** Resolves when what the swarm is like now is on disk, or that has failed. */
  async save(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    try {
      await this.#memory.save(this.#swarm);
      this.#trouble = undefined;
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      if (this.#trouble !== message) this.#logger.error(message);
      this.#trouble = message;
    }
  }
}
