/** Datagrams and the time that they took. */
export interface FloodCount {
  readonly datagrams: number;
  readonly seconds: number;
}

/** Too little arrived to tell a rate. */
export const nothing: FloodCount = { datagrams: 0, seconds: 0 };

/**
 * How fast datagrams arrive: the slope of the line that fits best (least squares) through their count over time. A process
 * that was kept from reading at the beginning or the end, and then finds many at once, spoils it less than it would a
 * count divided by a time.
 */
export class ArrivalRate {
  #count = 0;
  #firstMs = 0;
  #lastMs = 0;
  #sumT = 0;
  #sumN = 0;
  #sumTT = 0;
  #sumTN = 0;

  get count(): number {
    return this.#count;
  }

  /** Between the first arrival and the last. */
  get spanMs(): number {
    return this.#lastMs - this.#firstMs;
  }

  /** Another datagram has arrived; times may begin anywhere, but small numbers are summed up more exactly. */
  add(atMs: number): void {
    if (this.#count === 0) this.#firstMs = atMs;
    this.#lastMs = atMs;
    this.#count += 1;
    this.#sumT += atMs;
    this.#sumN += this.#count;
    this.#sumTT += atMs * atMs;
    this.#sumTN += atMs * this.#count;
  }

  /** The rate, as a count in the time of the whole span; datagrams that were dropped meanwhile came at the same pace. */
  withDropped(dropped: number): FloodCount {
    const variance = this.#count * this.#sumTT - this.#sumT ** 2;
    if (this.#count < 2 || variance <= 0) return nothing;
    const perMs = (this.#count * this.#sumTN - this.#sumT * this.#sumN) / variance;
    const seconds = this.spanMs / 1000;
    return { datagrams: perMs * this.spanMs * (1 + dropped / this.#count), seconds };
  }
}
