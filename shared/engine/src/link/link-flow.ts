import type { Arrival, LinkDirection, Sender } from "./link-direction.js";

/** What a flow costs on the wire beside its payload. */
export interface FlowSettings {
  /** Whether bytes may be cut anywhere and must arrive in order (a stream), or stay as they are (datagrams). */
  readonly isStream: boolean;
  /** Bytes on the wire for each byte of payload. */
  readonly wireFactor: number;
  /** And for each thing sent. */
  readonly wireOverheadBytes: number;
}

/** What comes out of a flow; `T` is what was sent along with the bytes. */
export interface FlowSink<T> {
  /** A part of something that was sent; the last part carries its `item`. */
  onArrive(payload: Uint8Array, item: T | undefined): void;
  /** All that is due at the moment has arrived. */
  onArrivalsEnd?(): void;
  /** Some of the queue has been put on the line; see `queuedBytes`. */
  onTaken?(): void;
}

interface Queued<T> {
  readonly payload: Uint8Array;
  readonly item: T | undefined;
  readonly availableSinceMs: number;
  readonly queuedAtMs: number;
}

/** The bytes of one stream or datagram socket in one direction of a link. */
export class LinkFlow<T> implements Sender {
  readonly #direction: LinkDirection;
  readonly #sink: FlowSink<T>;
  readonly #settings: FlowSettings;
  readonly #queue: Queued<T>[] = [];
  #head = 0;
  /** How much of the first one in the queue is gone. */
  #headOffset = 0;
  #queuedBytes = 0;
  #inFlightBytes = 0;
  #arrivals = 0;
  #isBlocked = false;
  #unblockedAtMs = Number.NEGATIVE_INFINITY;
  #takenUntilMs = Number.NEGATIVE_INFINITY;
  #lastArrivalMs = Number.NEGATIVE_INFINITY;

  constructor(direction: LinkDirection, settings: FlowSettings, sink: FlowSink<T>) {
    this.#direction = direction;
    this.#settings = settings;
    this.#sink = sink;
  }

  /** Payload that waits for its turn. */
  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /** Payload on its way. */
  get inFlightBytes(): number {
    return this.#inFlightBytes;
  }

  /** Whether nothing waits and nothing is on its way. */
  get isIdle(): boolean {
    return this.#head === this.#queue.length && this.#arrivals === 0;
  }

  get isReady(): boolean {
    return !this.#isBlocked && this.#head < this.#queue.length;
  }

  get headSinceMs(): number {
    const availableSinceMs = this.#queue[this.#head]?.availableSinceMs ?? this.#direction.nowMs;
    return Math.max(this.#unblockedAtMs, availableSinceMs);
  }

  get takenUntilMs(): number {
    return this.#takenUntilMs;
  }

  /**
   * Queues the payloads, which may be empty; `item` arrives with the last byte of the last one. They stay the caller's
   * memory and must not change until then.
   */
  send(payloads: readonly Uint8Array[], item: T): void {
    const { availableSinceMs, nowMs: queuedAtMs } = this.#direction;
    const last = payloads.length - 1;
    let bytes = 0;
    for (const [index, payload] of payloads.entries()) {
      this.#queue.push({ payload, item: index === last ? item : undefined, availableSinceMs, queuedAtMs });
      bytes += payload.length;
    }
    this.#queuedBytes += bytes;
    this.#direction.onQueued(this, bytes);
  }

  /** Empties the queue and returns what had been sent along. What is on its way still arrives. */
  clear(): T[] {
    const items: T[] = [];
    for (const { item } of this.#queue.slice(this.#head)) if (item !== undefined) items.push(item);
    this.#direction.onDropped(this.#queuedBytes);
    this.#queue.length = 0;
    this.#head = 0;
    this.#headOffset = 0;
    this.#queuedBytes = 0;
    return items;
  }

  /** Gives up its turns until `unblock`. */
  block(): void {
    this.#isBlocked = true;
  }

  unblock(): void {
    if (!this.#isBlocked) return;
    this.#isBlocked = false;
    this.#unblockedAtMs = this.#direction.nowMs;
    this.#direction.onReady(this);
  }

  /** Nothing of a stream arrives before `timeMs`. */
  holdUntil(timeMs: number): void {
    this.#lastArrivalMs = Math.max(this.#lastArrivalMs, timeMs);
  }

  take(maxBytes: number, arrivals: Arrival[]): number {
    let takenBytes = 0;
    let takenItems = 0;
    for (;;) {
      const queued = this.#queue[this.#head];
      if (queued === undefined) break;
      this.#takenUntilMs = Math.max(this.#unblockedAtMs, queued.queuedAtMs);
      const restBytes = queued.payload.length - this.#headOffset;
      const roomBytes = maxBytes - takenBytes;
      if (restBytes > roomBytes && this.#settings.isStream) {
        if (roomBytes > 0) arrivals.push(this.#arrivalOf(queued, roomBytes, undefined));
        this.#headOffset += roomBytes;
        takenBytes += roomBytes;
        break;
      }
      if (restBytes > roomBytes && takenItems > 0) break;
      arrivals.push(this.#arrivalOf(queued, restBytes, queued.item));
      takenBytes += restBytes;
      takenItems++;
      this.#head++;
      this.#headOffset = 0;
    }
    this.#queuedBytes -= takenBytes;
    this.#compact();
    return takenBytes * this.#settings.wireFactor + takenItems * this.#settings.wireOverheadBytes;
  }

  arrivalTime(dueMs: number): number {
    if (!this.#settings.isStream) return dueMs;
    this.#lastArrivalMs = Math.max(this.#lastArrivalMs, dueMs);
    return this.#lastArrivalMs;
  }

  onTaken(): void {
    this.#sink.onTaken?.();
  }

  onArrivalsEnd(): void {
    this.#sink.onArrivalsEnd?.();
  }

  #arrivalOf(queued: Queued<T>, bytes: number, item: T | undefined): Arrival {
    const from = queued.payload.byteOffset + this.#headOffset;
    const payload = new Uint8Array(queued.payload.buffer, from, bytes);
    this.#inFlightBytes += bytes;
    this.#arrivals++;
    const arrive = (): void => {
      this.#inFlightBytes -= bytes;
      this.#arrivals--;
      this.#sink.onArrive(payload, item);
    };
    return { payloadBytes: bytes, sender: this, arrive };
  }

  #compact(): void {
    if (this.#head < this.#queue.length && this.#head < 256) return;
    this.#queue.splice(0, this.#head);
    this.#head = 0;
  }
}
