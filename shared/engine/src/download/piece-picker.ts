import type { Bitfield } from "@swarmlab/wire/bitfield";
import { type Random, randomBelow, shuffle } from "../ports/random.js";

/**
 * Chooses which piece to start next: the one that the fewest connected peers have (rarest first,
 * Legout et al. 2006), ties broken at random.
 *
 * Pickable pieces stand in one array, sorted by availability; `bucketEnds[a]` is where those of
 * availability `a` end. A change of availability by one is a swap with the edge of the bucket, so a
 * `have` costs constant time whatever the number of pieces.
 */
export class PiecePicker {
  readonly #random: Random;
  readonly #order: Int32Array;
  /** Where a piece stands in `order`; -1 while it cannot be picked. */
  readonly #positions: Int32Array;
  readonly #availabilities: Int32Array;
  readonly #bucketEnds: number[] = [];
  /** Connected peers that have everything: counted apart, since they change no order. */
  #seedCount = 0;
  #pickableCount = 0;

  /** All pieces are pickable but those that `have` holds. */
  constructor(pieceCount: number, have: Bitfield, random: Random) {
    this.#random = random;
    this.#order = new Int32Array(pieceCount);
    this.#positions = new Int32Array(pieceCount).fill(-1);
    this.#availabilities = new Int32Array(pieceCount);
    const wanted: number[] = [];
    for (let index = 0; index < pieceCount; index++) if (!have.has(index)) wanted.push(index);
    for (const index of shuffle(random, wanted)) this.makePickable(index);
  }

  /** Pieces that are neither held nor started. */
  get pickable(): number {
    return this.#pickableCount;
  }

  /** How many connected peers have the piece. */
  availability(index: number): number {
    return this.#availabilityOf(index) + this.#seedCount;
  }

  addSeed(): void {
    this.#seedCount++;
  }

  removeSeed(): void {
    this.#seedCount--;
  }

  /** Counts what a peer has when it comes. */
  addPeer(pieces: Bitfield): void {
    for (let index = 0; index < pieces.length; index++) if (pieces.has(index)) this.increment(index);
  }

  /** Takes back what a peer that leaves has. */
  removePeer(pieces: Bitfield): void {
    for (let index = 0; index < pieces.length; index++) if (pieces.has(index)) this.#decrement(index);
  }

  /** A peer has one more piece. */
  increment(index: number): void {
    const from = this.#availabilityOf(index);
    this.#availabilities[index] = from + 1;
    if (!this.isPickable(index)) return;
    this.#swap(index, this.#bucketEnd(from) - 1);
    this.#bucketEnds[from] = this.#bucketEnd(from) - 1;
    this.#mixIntoBucket(index, from + 1);
  }

  #decrement(index: number): void {
    const from = this.#availabilityOf(index);
    this.#availabilities[index] = from - 1;
    if (!this.isPickable(index)) return;
    const start = this.#bucketEnd(from - 1);
    this.#swap(index, start);
    this.#bucketEnds[from - 1] = start + 1;
    this.#mixIntoBucket(index, from - 1);
  }

  isPickable(index: number): boolean {
    return (this.#positions[index] ?? -1) >= 0;
  }

  /** The piece is wanted and not started. */
  makePickable(index: number): void {
    if (this.isPickable(index)) return;
    const availability = this.#availabilityOf(index);
    while (this.#bucketEnds.length <= availability) this.#bucketEnds.push(this.#pickableCount);
    // A gap at the end of the array travels down to the piece's bucket, one swap a bucket.
    let gap = this.#pickableCount++;
    for (let bucket = this.#bucketEnds.length - 1; bucket > availability; bucket--) {
      const start = this.#bucketEnd(bucket - 1);
      if (start !== gap) this.#place(this.#order[start] as number, gap);
      gap = start;
      this.#bucketEnds[bucket] = this.#bucketEnd(bucket) + 1;
    }
    this.#place(index, gap);
    this.#bucketEnds[availability] = this.#bucketEnd(availability) + 1;
    this.#mixIntoBucket(index, availability);
  }

  /** The piece is started or held. */
  removePickable(index: number): void {
    let gap = this.#positions[index] ?? -1;
    if (gap < 0) return;
    for (let bucket = this.#availabilityOf(index); bucket < this.#bucketEnds.length; bucket++) {
      const last = this.#bucketEnd(bucket) - 1;
      this.#bucketEnds[bucket] = last;
      if (gap !== last) this.#place(this.#order[last] as number, gap);
      gap = last;
    }
    this.#positions[index] = -1;
    this.#pickableCount--;
  }

  /** The rarest pickable piece that the peer has and `accepts` allows; -1 when there is none. */
  pickRarest(pieces: Bitfield, accepts?: (index: number) => boolean): number {
    for (let i = 0; i < this.#pickableCount; i++) {
      const index = this.#order[i] as number;
      if (pieces.has(index) && (accepts === undefined || accepts(index))) return index;
    }
    return -1;
  }

  /** Any pickable piece that the peer has, whatever its availability: for the first pieces of a download. */
  pickRandom(pieces: Bitfield): number {
    const start = this.#pickableCount > 0 ? randomBelow(this.#random, this.#pickableCount) : 0;
    for (let i = 0; i < this.#pickableCount; i++) {
      const index = this.#order[(start + i) % this.#pickableCount] as number;
      if (pieces.has(index)) return index;
    }
    return -1;
  }

  #availabilityOf(index: number): number {
    return this.#availabilities[index] ?? 0;
  }

  #bucketEnd(availability: number): number {
    if (availability < 0) return 0;
    while (this.#bucketEnds.length <= availability) this.#bucketEnds.push(this.#pickableCount);
    return this.#bucketEnds[availability] as number;
  }

  #mixIntoBucket(index: number, availability: number): void {
    const start = this.#bucketEnd(availability - 1);
    this.#swap(index, start + randomBelow(this.#random, this.#bucketEnd(availability) - start));
  }

  #swap(index: number, position: number): void {
    const other = this.#order[position] as number;
    const from = this.#positions[index] as number;
    this.#place(index, position);
    this.#place(other, from);
  }

  #place(index: number, position: number): void {
    this.#order[position] = index;
    this.#positions[index] = position;
  }
}
