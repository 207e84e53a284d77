import type { Clock, Timer } from "../ports/clock.js";

/** The shortest time for which a limit is waited out, so that timers stay few. */
const MIN_WAIT_MS = 5;
/** Bytes saved up at the most: a tenth of a second's worth, and always enough for two blocks. */
const BURST_SECONDS = 0.1;
const MIN_BURST_BYTES = 32 * 1024;

/** A limit of payload bytes per second that several users share in turn: a token bucket with a waiting line. */
export class RateLimiter {
  readonly #clock: Clock;
  readonly #waiting: (() => void)[] = [];
  #bytesPerSecond: number | undefined;
  #tokens = 0;
  #filledAtMs: number;
  #timer: Timer | undefined;
  #isServing = false;

  constructor(clock: Clock, bitsPerSecond?: number) {
    this.#clock = clock;
    this.#filledAtMs = clock.nowMs();
    this.limit(bitsPerSecond);
  }

  /** The limit in bits per second; undefined when there is none. */
  get bitsPerSecond(): number | undefined {
    return this.#bytesPerSecond === undefined ? undefined : this.#bytesPerSecond * 8;
  }

  /** Sets the limit in bits per second (above 0), or lifts it. */
  limit(bitsPerSecond: number | undefined): void {
    this.#refill();
    this.#bytesPerSecond = bitsPerSecond === undefined ? undefined : bitsPerSecond / 8;
    this.#tokens = Math.min(this.#tokens, 0);
    this.#serveWaiting();
  }

  /** Takes `bytes` when the limit allows it now and nobody waits. */
  tryTake(bytes: number): boolean {
    if (this.#bytesPerSecond === undefined) return true;
    this.#refill();
    if (this.#waiting.length > 0 && !this.#isServing) return false;
    if (this.#tokens < Math.min(bytes, this.#burstBytes())) return false;
    this.#tokens -= bytes;
    return true;
  }

  /** Counts bytes that have come already; the limit may then be overdrawn. */
  charge(bytes: number): void {
    if (this.#bytesPerSecond === undefined) return;
    this.#refill();
    this.#tokens -= bytes;
  }

  get isOverdrawn(): boolean {
    if (this.#bytesPerSecond === undefined) return false;
    this.#refill();
    return this.#tokens < 0;
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
    this.#refill();
    this.#isServing = true;
    // Each of those who wait now gets one turn; who is not done waits again behind the others.
    for (let turns = this.#waiting.length; turns > 0 && this.#mayServe(); turns--) this.#waiting.shift()?.();
    this.#isServing = false;
    this.#arm();
  }

  #mayServe(): boolean {
    return this.#bytesPerSecond === undefined || this.#tokens >= this.#neededBytes();
  }

  /** What must be saved up before somebody is served: a block, or all that the bucket holds. */
  #neededBytes(): number {
    return Math.min(16 * 1024, this.#burstBytes());
  }

  #arm(): void {
    if (this.#timer !== undefined || this.#waiting.length === 0 || this.#bytesPerSecond === undefined) return;
    const missing = Math.max(0, this.#neededBytes() - this.#tokens);
    const waitMs = Math.max(MIN_WAIT_MS, (missing / this.#bytesPerSecond) * 1000);
    this.#timer = this.#clock.setTimer(waitMs, () => {
      this.#timer = undefined;
      this.#serveWaiting();
    });
  }

  #burstBytes(): number {
    return Math.max(MIN_BURST_BYTES, (this.#bytesPerSecond ?? 0) * BURST_SECONDS);
  }

  #refill(): void {
    const nowMs = this.#clock.nowMs();
    const elapsedMs = nowMs - this.#filledAtMs;
    this.#filledAtMs = nowMs;
    if (this.#bytesPerSecond === undefined) return;
    this.#tokens = Math.min(this.#burstBytes(), this.#tokens + (this.#bytesPerSecond * elapsedMs) / 1000);
  }
}
