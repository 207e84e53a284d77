import { type Random, randomFraction } from "../ports/random.js";

/** Bounds of when trackers are asked, whatever they say. All in milliseconds. */
export interface AnnounceTimes {
  /** Never sooner than this after the last announce, but for an event. Default 5 s. */
  readonly minIntervalMs: number;
  /** Never later than this. Default 1 h. */
  readonly maxIntervalMs: number;
  /** The earliest when more peers are needed and the tracker names no `min interval`. Default 30 s. */
  readonly earlyIntervalMs: number;
  /** The wait after all trackers failed for the first time; doubles with each further failure. Default 5 s. */
  readonly firstRetryMs: number;
  /** Where the doubling ends. Default 5 min. */
  readonly maxRetryMs: number;
}

export const defaultAnnounceTimes: AnnounceTimes = {
  minIntervalMs: 5_000,
  maxIntervalMs: 3_600_000,
  earlyIntervalMs: 30_000,
  firstRetryMs: 5_000,
  maxRetryMs: 300_000,
};

/** Decides when to announce next, from how the last announces went. Times are those of the engine's clock. */
export class AnnounceSchedule {
  readonly #times: AnnounceTimes;
  readonly #random: Random;
  #lastMs = Number.NEGATIVE_INFINITY;
  #regularMs: number;
  #earlyMs: number;
  #failures = 0;

  constructor(times: AnnounceTimes, random: Random) {
    this.#times = times;
    this.#random = random;
    this.#regularMs = times.maxIntervalMs;
    this.#earlyMs = times.minIntervalMs;
  }

  /** The tracker answered; returns the time of the next regular announce. */
  succeeded(nowMs: number, intervalMs: number, trackerMinMs: number | undefined): number {
    const { minIntervalMs, maxIntervalMs, earlyIntervalMs } = this.#times;
    const bounded = (ms: number) => Math.min(Math.max(ms, minIntervalMs), maxIntervalMs);
    const minimum = bounded(trackerMinMs ?? 0);
    this.#failures = 0;
    this.#lastMs = nowMs;
    this.#regularMs = Math.max(bounded(intervalMs), minimum);
    this.#earlyMs = Math.min(
      trackerMinMs === undefined ? bounded(earlyIntervalMs) : minimum,
      this.#regularMs,
    );
    return nowMs + this.#regularMs;
  }

  /**
   * No tracker answered; returns the time of the next try: half to all of the back-off, so that peers that lost a
   * tracker together do not come back together, and never rarer than regular announces were.
   */
  failed(nowMs: number): number {
    const { firstRetryMs, maxRetryMs } = this.#times;
    const ceiling = Math.min(maxRetryMs, Math.max(firstRetryMs, this.#regularMs));
    const backOffMs = Math.min(firstRetryMs * 2 ** this.#failures, ceiling);
    this.#failures++;
    return nowMs + backOffMs * (0.5 + randomFraction(this.#random) / 2);
  }

  /** The earliest time at which more peers may be asked for; undefined while trackers fail, as the next try is due anyway. */
  earliest(): number | undefined {
    return this.#failures > 0 ? undefined : this.#lastMs + this.#earlyMs;
  }
}
