import type { Clock, Timer } from "../../ports/clock.js";

/** A clock whose time passes only when the test says so. */
export class ManualClock implements Clock {
  #nowMs = 0;
  readonly #timers = new Map<Timer, { atMs: number; callback: () => void }>();

  nowMs(): number {
    return this.#nowMs;
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    const timer: Timer = { cancel: () => this.#timers.delete(timer) };
    this.#timers.set(timer, { atMs: this.#nowMs + delayMs, callback });
    return timer;
  }

  get timerCount(): number {
    return this.#timers.size;
  }

  advance(byMs: number): void {
    this.#nowMs += byMs;
    for (const [timer, { atMs, callback }] of [...this.#timers]) {
      if (atMs > this.#nowMs || !this.#timers.delete(timer)) continue;
      callback();
    }
  }
}
