import { performance } from "node:perf_hooks";
import type { Clock, Timer } from "../ports/clock.js";

/** `setTimeout` takes a longer delay for no delay at all. */
const MAX_TIMEOUT_MS = 0x7fff_ffff;

/**
 * The system's monotonic clock. Its timers go by whole milliseconds: a delay is rounded, not cut off, so that a timer is
 * as often half a millisecond early as late. A timer that is not cancelled keeps the process alive.
 */
export class NodeClock implements Clock {
  nowMs(): number {
    return performance.now();
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    // A timeout of 0 would be one of 1 ms.
    if (delayMs <= 0) {
      const immediate = setImmediate(callback);
      return { cancel: () => clearImmediate(immediate) };
    }
    let timeout: NodeJS.Timeout;
    const arm = (remainingMs: number): void => {
      timeout =
        remainingMs > MAX_TIMEOUT_MS
          ? setTimeout(() => arm(remainingMs - MAX_TIMEOUT_MS), MAX_TIMEOUT_MS)
          : setTimeout(callback, Math.round(remainingMs));
    };
    arm(delayMs);
    return { cancel: () => clearTimeout(timeout) };
  }
}
