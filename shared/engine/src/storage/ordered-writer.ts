import type { Clock } from "../ports/clock.js";
import { StorageError, toStorageError } from "./storage-error.js";

const FIRST_RETRY_MS = 250;
const MAX_RETRY_MS = 10_000;

export interface DiskEvents {
  /** Writing failed and is tried again later. Comes once for each kind of error, however often the retries fail, until it works again. */
  onDiskTrouble(error: StorageError): void;
  /** Writing works again. */
  onDiskRecovered(): void;
}

interface Write {
  run(): Promise<void>;
  resolve(): void;
  reject(error: StorageError): void;
}

/** Writes one thing after the other, in order. A write that fails is tried again until it works, and nothing overtakes it. */
export class OrderedWriter {
  readonly #clock: Clock;
  readonly #events: DiskEvents;
  readonly #queue: Write[] = [];
  #working: Promise<void> | undefined;
  #trouble: StorageError | undefined;
  #isClosing = false;
  #isGivenUp = false;
  #endWait: (() => void) | undefined;

  constructor(clock: Clock, events: DiskEvents) {
    this.#clock = clock;
    this.#events = events;
  }

  /** Queues a write. Rejects only when the writer is closed before it could be done. */
  push(run: () => Promise<void>): Promise<void> {
    if (this.#isClosing) return Promise.reject(closed());
    return new Promise((resolve, reject) => {
      this.#queue.push({ run, resolve, reject });
      this.#working ??= this.#work();
    });
  }

  /** Resolves when everything queued is written. While the disk is in trouble, or once `signal` aborts, the rest is given up. */
  async close(signal?: AbortSignal): Promise<void> {
    this.#isClosing = true;
    if (this.#trouble !== undefined || signal?.aborted) this.#giveUp();
    const giveUp = () => this.#giveUp();
    signal?.addEventListener("abort", giveUp, { once: true });
    await this.#working;
    signal?.removeEventListener("abort", giveUp);
  }

  async #work(): Promise<void> {
    for (let write = this.#queue[0]; write !== undefined; write = this.#queue[0]) {
      const isDone = !this.#isGivenUp && (await this.#tryUntilDone(write));
      this.#queue.shift();
      if (isDone) write.resolve();
      else write.reject(closed());
    }
    this.#working = undefined;
  }

  /** False when the write was given up. */
  async #tryUntilDone(write: Write): Promise<boolean> {
    for (let retryMs = FIRST_RETRY_MS; ; retryMs = Math.min(retryMs * 2, MAX_RETRY_MS)) {
      try {
        await write.run();
        this.#onSuccess();
        return true;
      } catch (error) {
        this.#onFailure(toStorageError(error));
      }
      if (this.#isClosing) this.#giveUp();
      if (!this.#isGivenUp) await this.#wait(retryMs);
      if (this.#isGivenUp) return false;
    }
  }

  #onSuccess(): void {
    if (this.#trouble === undefined) return;
    this.#trouble = undefined;
    this.#events.onDiskRecovered();
  }

  #onFailure(error: StorageError): void {
    const isNews = this.#trouble?.code !== error.code;
    this.#trouble = error;
    if (isNews) this.#events.onDiskTrouble(error);
  }

  #wait(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#clock.setTimer(delayMs, resolve);
      this.#endWait = () => {
        timer.cancel();
        resolve();
      };
    });
  }

  #giveUp(): void {
    this.#isGivenUp = true;
    this.#endWait?.();
  }
}

function closed(): StorageError {
  return new StorageError("CLOSED", "the storage was closed before this was written");
}
