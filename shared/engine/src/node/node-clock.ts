import { performance } from "node:perf_hooks";
import type { Clock, Timer } from "../ports/clock.js";

/** `setTimeout` takes a longer delay for no delay at all. */
const MAX_TIMEOUT_MS = 0x7fff_ffff;

/** The system's monotonic clock. A timer that is not cancelled keeps the process alive. */
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
          : setTimeout(callback, remainingMs);
    };
    arm(delayMs);
    return { cancel: () => clearTimeout(timeout) };
  }
}
