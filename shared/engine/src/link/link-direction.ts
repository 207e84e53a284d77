import type { DelayDistribution } from "@swarmlab/scenario/link";
import type { Clock, Timer } from "../ports/clock.js";
import type { Random } from "../ports/random.js";
import { DueQueue } from "../timing/due-queue.js";
import { sampleDelay } from "./delay-distribution.js";
import { TimerPunctuality } from "./timer-punctuality.js";
import { TokenBucket } from "./token-bucket.js";

/** One direction of a declared link. */
export interface DirectionSettings {
  /** Counted in frames; undefined is unlimited. */
  readonly bitsPerSecond: number | undefined;
  readonly delayMs: number;
  readonly jitterMs: number;
  readonly distribution: DelayDistribution;
}

/** Bytes of payload. */
export interface DirectionStats {
  /** What has come through. */
  readonly passedBytes: number;
  /** What waits for its turn. */
  readonly queuedBytes: number;
  /** What is on its way, for the time of the delay. */
  readonly inFlightBytes: number;
}

/** Something that comes out at the other end. */
export interface Arrival {
  readonly payloadBytes: number;
  readonly sender?: Sender;
  arrive(): void;
}

/** Who shares the line with others. */
export interface Sender {
  /** Whether it has something to send and may. */
  readonly isReady: boolean;
  /** Since when the line could have sent the first of it. */
  readonly headSinceMs: number;
  /** When the last of what was taken was handed in: it cannot have left before. */
  readonly takenUntilMs: number;
  /** Moves up to `maxBytes` (one packet at least) into `arrivals` and returns what they need on the wire. */
  take(maxBytes: number, arrivals: Arrival[]): number;
  /** Turns the time at which a turn would arrive into the one at which it may. */
  arrivalTime(dueMs: number): number;
  /** A turn was taken. */
  onTaken(): void;
  /** All that is due has arrived. */
  onArrivalsEnd(): void;
}

/** What a sender may send in its turn: about this much time of the line, but at least a packet and at most a block. */
const TURN_MS = 2;
const MIN_TURN_BYTES = 1448;
const MAX_TURN_BYTES = 16 * 1024;

/** A queue is full with 1.5 times what the line holds, or with this. */
const MIN_QUEUE_LIMIT_BYTES = 64 * 1024;
const MIN_FLIGHT_LIMIT_BYTES = 16 * 1024 * 1024;
const MIN_LINE_MS = 5;

/**
 * One direction of an emulated link: senders share a serial line in turns (round robin), then everything is delayed.
 *
 * The line keeps its own books: when a turn begins and ends follows from the rate and from when bytes were handed in, not
 * from when a timer fires, so a late timer delays single bytes but costs no throughput. There is one timer, for whatever
 * happens next. Nothing arrives within the call that sent it.
 */
export class LinkDirection {
  readonly #clock: Clock;
  readonly #random: Random;
  #settings: DirectionSettings;
  #line: TokenBucket | undefined;
  #turnBytes = MAX_TURN_BYTES;
  /** When the last turn that was given out ends. */
  #freeAtMs = Number.NEGATIVE_INFINITY;
  /** Whose turn it is, or was last. */
  #current: Sender | undefined;
  /** Those that want a turn after it, the next one first. */
  readonly #waiting = new Set<Sender>();
  readonly #delayed = new DueQueue<Arrival>();
  #timer: Timer | undefined;
  #timerDueMs = Number.POSITIVE_INFINITY;
  readonly #punctuality = new TimerPunctuality();
  #isAdvancing = false;
  #passedBytes = 0;
  #queuedBytes = 0;
  #inFlightBytes = 0;

  constructor(clock: Clock, random: Random, settings: DirectionSettings) {
    this.#clock = clock;
    this.#random = random;
    this.#settings = settings;
    this.update(settings);
  }

  get stats(): DirectionStats {
    return {
      passedBytes: this.#passedBytes,
      queuedBytes: this.#queuedBytes,
      inFlightBytes: this.#inFlightBytes,
    };
  }

  get nowMs(): number {
    return this.#clock.nowMs();
  }

  /** Since when the line could have sent what is handed in now. */
  get availableSinceMs(): number {
    return this.#punctuality.availableSinceMs(this.nowMs);
  }

  get delayMs(): number {
    return this.#settings.delayMs;
  }

  /** Whether there is nothing to emulate, so that bytes may go past this direction. */
  get isTransparent(): boolean {
    return this.#settings.bitsPerSecond === undefined && this.#settings.delayMs === 0;
  }

  /** The longest queue that a sender should have. */
  get queueLimitBytes(): number {
    if (this.#settings.bitsPerSecond === undefined) return Number.POSITIVE_INFINITY;
    return Math.max(MIN_QUEUE_LIMIT_BYTES, 1.5 * this.#lineBytes());
  }

  /** How much a sender should have on its way: a bound for lines without a rate, out of the way of others. */
  get flightLimitBytes(): number {
    return Math.max(MIN_FLIGHT_LIMIT_BYTES, 1.5 * this.#lineBytes());
  }

  /** Changes a live line in place: what waits goes by the new settings, what is on its way arrives as it would have. */
  update(settings: DirectionSettings): void {
    const nowMs = this.nowMs;
    this.#settings = settings;
    if (settings.bitsPerSecond === undefined) {
      this.#line = undefined;
      this.#turnBytes = MAX_TURN_BYTES;
      this.#freeAtMs = Math.min(this.#freeAtMs, nowMs);
    } else {
      const bytesPerSecond = settings.bitsPerSecond / 8;
      if (this.#line) {
        this.#line.setRate(nowMs, bytesPerSecond, 0);
        this.#freeAtMs = this.#line.reserve(nowMs, 0);
      } else {
        this.#line = new TokenBucket(bytesPerSecond, 0);
      }
      const turnBytes = Math.floor((bytesPerSecond * TURN_MS) / 1000);
      this.#turnBytes = Math.min(MAX_TURN_BYTES, Math.max(MIN_TURN_BYTES, turnBytes));
    }
    this.#advance(nowMs, false);
  }

  /** `sender` has `bytes` more to send. */
  onQueued(sender: Sender, bytes: number): void {
    this.#queuedBytes += bytes;
    this.onReady(sender);
  }

  /** `sender` will not send `bytes` of what it had announced. */
  onDropped(bytes: number): void {
    this.#queuedBytes -= bytes;
  }

  /** `sender` may have become ready. */
  onReady(sender: Sender): void {
    if (!sender.isReady) return;
    if (sender !== this.#current) this.#waiting.add(sender);
    this.#advance(this.nowMs, false);
  }

  /** Calls back after one delay, past any queue. */
  delay(callback: () => void): void {
    this.#delayed.push(this.nowMs + this.#sampleDelay(), { payloadBytes: 0, arrive: callback });
    this.#arm();
  }

  /** Calls back in a later turn. */
  soon(callback: () => void): void {
    this.#clock.setTimer(0, callback);
  }

  #advance(nowMs: number, mayArrive: boolean): void {
    if (this.#isAdvancing) return;
    this.#isAdvancing = true;
    try {
      this.#giveTurns(nowMs);
      if (mayArrive) {
        this.#deliver(nowMs);
        // Whoever was told of an arrival may have answered.
        this.#giveTurns(nowMs);
      }
    } finally {
      this.#isAdvancing = false;
      this.#arm();
    }
  }

  #giveTurns(nowMs: number): void {
    const arrivals: Arrival[] = [];
    while (this.#freeAtMs <= nowMs) {
      // Who has had a turn waits behind those who came during it.
      if (this.#current?.isReady) this.#waiting.add(this.#current);
      const [sender] = this.#waiting;
      this.#current = sender;
      if (sender === undefined) return;
      this.#waiting.delete(sender);
      if (!sender.isReady) continue;
      const startMs = Math.max(this.#freeAtMs, sender.headSinceMs);
      const wireBytes = sender.take(this.#turnBytes, arrivals);
      this.#freeAtMs = this.#line ? this.#line.reserve(startMs, wireBytes) : startMs;
      const leftAtMs = Math.max(this.#freeAtMs, sender.takenUntilMs);
      const dueMs = sender.arrivalTime(leftAtMs + this.#sampleDelay());
      for (const arrival of arrivals) {
        this.#queuedBytes -= arrival.payloadBytes;
        this.#inFlightBytes += arrival.payloadBytes;
        this.#delayed.push(dueMs, arrival);
      }
      arrivals.length = 0;
      sender.onTaken();
    }
  }

  #deliver(nowMs: number): void {
    const touched = new Set<Sender>();
    for (;;) {
      const arrival = this.#delayed.popDue(nowMs);
      if (arrival === undefined) break;
      this.#inFlightBytes -= arrival.payloadBytes;
      this.#passedBytes += arrival.payloadBytes;
      if (arrival.sender) touched.add(arrival.sender);
      arrival.arrive();
    }
    for (const sender of touched) sender.onArrivalsEnd();
  }

  /** What the line holds, or a bit more for short lines, which timers serve by the millisecond. */
  #lineBytes(): number {
    const { bitsPerSecond = 0, delayMs, jitterMs } = this.#settings;
    return (bitsPerSecond / 8000) * Math.max(MIN_LINE_MS, delayMs + jitterMs);
  }

  #sampleDelay(): number {
    const { delayMs, jitterMs, distribution } = this.#settings;
    return sampleDelay(this.#random, delayMs, jitterMs, distribution);
  }

  /** Sets the timer for what comes next: an arrival, or the end of a turn while others wait. */
  #arm(): void {
    if (this.#isAdvancing) return;
    const isWanted = this.#waiting.size > 0 || this.#current?.isReady;
    const turnMs = isWanted ? this.#freeAtMs : Number.POSITIVE_INFINITY;
    const dueMs = Math.min(this.#delayed.nextDueMs, turnMs);
    if (dueMs === this.#timerDueMs && this.#timer) return;
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#timerDueMs = dueMs;
    if (dueMs === Number.POSITIVE_INFINITY) return;
    const waitMs = Math.max(0, dueMs - this.nowMs);
    this.#timer = this.#clock.setTimer(this.#punctuality.correctedMs(waitMs), () => {
      this.#timer = undefined;
      const nowMs = this.nowMs;
      this.#punctuality.onTimer(waitMs, dueMs, nowMs);
      // What the timer was set for has come, even where it is a little early.
      this.#advance(Math.max(nowMs, dueMs), true);
    });
  }
}
