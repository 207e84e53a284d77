/** Time as the engine sees it: real in production, virtual in simulations. */
export interface Clock {
  /** Monotonic time in milliseconds, with a fraction. Its origin means nothing. */
  nowMs(): number;
  /** Calls `callback` once, `delayMs` (0 or more) from now. */
  setTimer(delayMs: number, callback: () => void): Timer;
}

export interface Timer {
  /** Keeps the callback from being called; harmless when it has been called already. */
  cancel(): void;
}
