/**
 * A rate limit in the form of virtual scheduling (GCRA, ITU-T I.371): instead of counting tokens it remembers when all
 * that was taken will have been paid for, so nothing is rounded and nothing drifts, at any rate.
 */
export class TokenBucket {
  #rateBytesPerMs: number;
  #burstBytes: number;
  #paidAtMs = Number.NEGATIVE_INFINITY;

  /**
   * A full bucket. `burstBytes` may pass at once after a pause; a user that looks every few milliseconds needs a burst of
   * at least what the rate makes in between. Throws RangeError when the rate is not above zero.
   */
  constructor(rateBytesPerSecond: number, burstBytes: number) {
    this.#rateBytesPerMs = rateBytesPerMs(rateBytesPerSecond);
    this.#burstBytes = burstBytes;
  }

  /** Changes the limit; bytes that are owed are still owed, at the new rate. */
  setRate(nowMs: number, rateBytesPerSecond: number, burstBytes: number): void {
    const owedBytes = Math.max(0, this.#paidAtMs - nowMs) * this.#rateBytesPerMs;
    this.#rateBytesPerMs = rateBytesPerMs(rateBytesPerSecond);
    this.#burstBytes = burstBytes;
    this.#paidAtMs = nowMs + owedBytes / this.#rateBytesPerMs;
  }

  /** Takes `bytes` if they may pass now. More than the burst may pass when the bucket is full, on credit. */
  take(nowMs: number, bytes: number): boolean {
    if (this.msUntil(nowMs, bytes) > 0) return false;
    this.#owe(nowMs, bytes);
    return true;
  }

  /** How long it is until `take` says yes; 0 if it would now. */
  msUntil(nowMs: number, bytes: number): number {
    const owedBytesThen = Math.max(0, this.#burstBytes - bytes);
    return Math.max(0, this.#paidAtMs - owedBytesThen / this.#rateBytesPerMs - nowMs);
  }

  /** Queues `bytes` that are there at `atMs` behind all that was taken, and returns when the last of them has passed. */
  reserve(atMs: number, bytes: number): number {
    this.#owe(atMs, bytes);
    return Math.max(atMs, this.#paidAtMs - this.#burstBytes / this.#rateBytesPerMs);
  }

  #owe(atMs: number, bytes: number): void {
    this.#paidAtMs = Math.max(this.#paidAtMs, atMs) + bytes / this.#rateBytesPerMs;
  }
}

function rateBytesPerMs(rateBytesPerSecond: number): number {
  if (!(rateBytesPerSecond > 0)) throw new RangeError(`a rate of ${rateBytesPerSecond} bytes a second`);
  return rateBytesPerSecond / 1000;
}
