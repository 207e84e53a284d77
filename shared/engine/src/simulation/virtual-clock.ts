import type { Clock, Timer } from "../ports/clock.js";
import { DueQueue } from "../timing/due-queue.js";

/**
 * Time that passes only when it is told to, from one timer to the next: hours of a swarm in seconds, and every run the
 * same. Timers of the same instant are called in the order in which they were set. Between two of them promises settle,
 * also long chains of them; what waits for the real world (files, worker threads) is not waited for.
 */
export class VirtualClock implements Clock {
  #nowMs = 0;
  readonly #timers = new DueQueue<() => void>();

  nowMs(): number {
    return this.#nowMs;
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    let isCancelled = false;
    this.#timers.push(this.#nowMs + Math.max(0, delayMs), () => {
      if (!isCancelled) callback();
    });
    return {
      cancel: () => {
        isCancelled = true;
      },
    };
  }

  /** Lets time pass until `untilMs`. */
  async run(untilMs: number): Promise<void> {
    await settlePromises();
    while (await this.#step(untilMs));
    this.#nowMs = Math.max(this.#nowMs, untilMs);
  }

  /**
   * Lets time pass until `predicate` holds, which is asked after every timer. Rejects when it does not by `limitMs`, or
   * when there is no timer left that could bring it about.
   */
  async runUntil(predicate: () => boolean, limitMs = Number.POSITIVE_INFINITY): Promise<void> {
    await settlePromises();
    while (!predicate()) {
      if (await this.#step(limitMs)) continue;
      throw new Error(`nothing more happens after ${this.#nowMs} ms (limit ${limitMs} ms)`);
    }
  }

  /** Calls the next timer; false when there is none until `limitMs`. */
  async #step(limitMs: number): Promise<boolean> {
    const dueMs = this.#timers.nextDueMs;
    const callback = this.#timers.popDue(limitMs);
    if (callback === undefined) return false;
    this.#nowMs = Math.max(this.#nowMs, dueMs);
    callback();
    await settlePromises();
    return true;
  }
}

/** By the time of the next immediate, all promises that can settle have done so. */
function settlePromises(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
