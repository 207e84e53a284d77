/** Time over which a rate is averaged. */
const AVERAGING_MS = 4000;

/** A rate in bytes per second, as an exponentially weighted average that `tick` brings up to date. */
export class RateMeter {
  #totalBytes = 0;
  #newBytes = 0;
  #bytesPerSecond = 0;
  #tickedAtMs: number;
  #startedAtMs: number;

  constructor(nowMs: number) {
    this.#tickedAtMs = nowMs;
    this.#startedAtMs = nowMs;
  }

  get totalBytes(): number {
    return this.#totalBytes;
  }

  get bytesPerSecond(): number {
    return this.#bytesPerSecond;
  }

  add(bytes: number): void {
    this.#totalBytes += bytes;
    this.#newBytes += bytes;
  }

  tick(nowMs: number): void {
    const elapsedMs = nowMs - this.#tickedAtMs;
    if (elapsedMs <= 0) return;
    const current = (this.#newBytes * 1000) / elapsedMs;
    // In its first seconds the meter averages over all of its life, so that it does not start too low.
    const averagingMs = Math.max(elapsedMs, Math.min(AVERAGING_MS, nowMs - this.#startedAtMs));
    const weight = Math.min(1, elapsedMs / averagingMs);
    this.#bytesPerSecond += weight * (current - this.#bytesPerSecond);
    this.#newBytes = 0;
    this.#tickedAtMs = nowMs;
  }
}
