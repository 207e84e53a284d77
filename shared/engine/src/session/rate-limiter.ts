import { TokenBucket } from "../link/token-bucket.js";
import type { Clock, Timer } from "../ports/clock.js";

/** The shortest time for which a limit is waited out, so that timers stay few. */
const MIN_WAIT_MS = 5;
/** Bytes that may pass at once: a tenth of a second's worth, and always enough for two blocks. */
const BURST_SECONDS = 0.1;
const MIN_BURST_BYTES = 32 * 1024;
/** Somebody who waits is served when one block may pass. */
export const TURN_BYTES = 16 * 1024;

/** A limit of payload bytes per second that several users share in turn: a token bucket with a waiting line. */
export class RateLimiter {
  readonly #clock: Clock;
  readonly #waiting: (() => void)[] = [];
  #bitsPerSecond: number | undefined;
  #bucket: TokenBucket | undefined;
  #timer: Timer | undefined;
  #isServing = false;

  constructor(clock: Clock, bitsPerSecond?: number) {
    this.#clock = clock;
    this.limit(bitsPerSecond);
  }

  /** The limit in bits per second; undefined when there is none. */
  get bitsPerSecond(): number | undefined {
    return this.#bitsPerSecond;
  }

  /** Sets the limit in bits per second (above 0), or lifts it. */
  limit(bitsPerSecond: number | undefined): void {
    this.#bitsPerSecond = bitsPerSecond;
    if (bitsPerSecond === undefined) {
      this.#bucket = undefined;
    } else {
      const bytesPerSecond = bitsPerSecond / 8;
      const burstBytes = Math.max(MIN_BURST_BYTES, bytesPerSecond * BURST_SECONDS);
      if (this.#bucket === undefined) this.#bucket = new TokenBucket(bytesPerSecond, burstBytes);
      else this.#bucket.setRate(this.#clock.nowMs(), bytesPerSecond, burstBytes);
    }
    this.#serveWaiting();
  }

  /** Takes `bytes` when the limit allows it now and nobody waits. */
  tryTake(bytes: number): boolean {
    if (this.#bucket === undefined) return true;
    if (this.#isServing) {
      // Whose turn it is may take a large block on credit; small ones would never let it fill the bucket.
      if (this.#waitMs() > 0) return false;
      this.charge(bytes);
      return true;
    }
    if (this.#waiting.length > 0) return false;
    return this.#bucket.take(this.#clock.nowMs(), bytes);
  }

  /** Counts bytes that have come already; the limit may then be overdrawn. */
  charge(bytes: number): void {
    this.#bucket?.reserve(this.#clock.nowMs(), bytes);
  }

  /** More has come than the limit allows: time to hold the rest back. */
  get isOverdrawn(): boolean {
    return this.#bucket !== undefined && this.#bucket.msUntil(this.#clock.nowMs(), 0) > 0;
  }

  /** Calls back, in turn, once something may be taken again. */
  whenAvailable(callback: () => void): void {
    this.#waiting.push(callback);
    this.#arm();
  }

  close(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#waiting.length = 0;
  }

  #serveWaiting(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#isServing = true;
    try {
      // Each of those who wait now gets one turn; who is not done waits again behind the others.
      for (let turns = this.#waiting.length; turns > 0 && this.#waitMs() <= 0; turns--) {
        this.#waiting.shift()?.();
      }
    } finally {
      this.#isServing = false;
      this.#arm();
    }
  }

  #waitMs(): number {
    return this.#bucket?.msUntil(this.#clock.nowMs(), TURN_BYTES) ?? 0;
  }

  #arm(): void {
    if (this.#timer !== undefined || this.#waiting.length === 0 || this.#isServing) return;
    this.#timer = this.#clock.setTimer(Math.max(MIN_WAIT_MS, this.#waitMs()), () => {
      this.#timer = undefined;
      this.#serveWaiting();
    });
  }
}
