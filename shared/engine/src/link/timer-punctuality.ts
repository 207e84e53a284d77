/** Lateness is made up for in waits of at least this: shorter ones come so densely that they correct themselves. */
const LONG_WAIT_MS = 2;
const MAX_CORRECTION_MS = 1;

/** A timer that is this late means that the process was held up. */
const MIN_STALL_MS = 2;
/** Afterwards it takes about as long, and this, until all has been read that the system has kept. */
const STALL_AFTERMATH_MS = 10;
const MAX_STALL_MS = 250;

/** Learns from timers how late they are, and when the whole process was held up by others on the machine. */
export class TimerPunctuality {
  /** What the timers have been late in sum; the next ones are set earlier by it, so that on average they are right. */
  #latenessMs = 0;
  #stallStartMs = Number.NEGATIVE_INFINITY;
  #aftermathEndMs = Number.NEGATIVE_INFINITY;

  /** For how long to set a timer that is wanted in `waitMs`. */
  correctedMs(waitMs: number): number {
    return waitMs >= LONG_WAIT_MS ? waitMs - this.#latenessMs : waitMs;
  }

  /** A timer, set for `waitMs` until `dueMs`, has come. */
  onTimer(waitMs: number, dueMs: number, nowMs: number): void {
    if (waitMs >= LONG_WAIT_MS) {
      const latenessMs = this.#latenessMs + nowMs - dueMs;
      this.#latenessMs = Math.min(MAX_CORRECTION_MS, Math.max(-MAX_CORRECTION_MS, latenessMs));
    }
    if (nowMs - dueMs < MIN_STALL_MS) return;
    if (dueMs >= this.#aftermathEndMs) this.#stallStartMs = dueMs;
    this.#aftermathEndMs = nowMs + (nowMs - dueMs) + STALL_AFTERMATH_MS;
  }

  /**
   * Since when bytes that are read now may have been there. When the process has just been held up, they have been waiting
   * in the system's buffers meanwhile, and a line must not lose the time for which it had nothing to do.
   */
  availableSinceMs(nowMs: number): number {
    if (nowMs >= this.#aftermathEndMs) return nowMs;
    return Math.max(this.#stallStartMs, nowMs - MAX_STALL_MS);
  }
}
