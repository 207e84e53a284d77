import { setTimeout as sleep } from "node:timers/promises";

const FIRST_WAIT_MS = 200;
const MAX_WAIT_MS = 2_000;

/** Waits longer each time it is asked to, from 0.2 s to 2 s. */
export class BackOff {
  #waitMs = FIRST_WAIT_MS;

  /** Rejects with the signal's AbortError. */
  async wait(signal: AbortSignal): Promise<void> {
    const waitMs = this.#waitMs;
    this.#waitMs = Math.min(MAX_WAIT_MS, waitMs * 2);
    await sleep(waitMs, undefined, { signal });
  }
}
