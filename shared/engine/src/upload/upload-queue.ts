const INITIAL_CAPACITY = 32;
/** More outstanding requests than this and the peer is not keeping to any known limit. */
export const MAX_QUEUED_REQUESTS = 2000;

/** A block that a peer asked for. */
export interface BlockRequest {
  readonly index: number;
  readonly begin: number;
  readonly length: number;
}

/** What one peer asked for and was not sent yet, in the order of its requests. */
export class UploadQueue {
  #indexes = new Uint32Array(INITIAL_CAPACITY);
  #begins = new Uint32Array(INITIAL_CAPACITY);
  #lengths = new Uint32Array(INITIAL_CAPACITY);
  #head = 0;
  #tail = 0;

  get size(): number {
    return this.#tail - this.#head;
  }

  /** The length of the next block, in bytes; 0 when there is none. */
  get nextLength(): number {
    return this.size > 0 ? (this.#lengths[this.#head] ?? 0) : 0;
  }

  /** Adds a request; false when the queue is full. */
  push(index: number, begin: number, length: number): boolean {
    if (this.size >= MAX_QUEUED_REQUESTS) return false;
    if (this.#tail === this.#indexes.length) this.#makeRoom();
    this.#indexes[this.#tail] = index;
    this.#begins[this.#tail] = begin;
    this.#lengths[this.#tail] = length;
    this.#tail++;
    return true;
  }

  /** Takes the oldest request out. */
  shift(): BlockRequest | undefined {
    if (this.size === 0) return undefined;
    const request = this.#at(this.#head);
    this.#head++;
    if (this.#head === this.#tail) this.#head = this.#tail = 0;
    return request;
  }

  /** Takes out one particular request; false when it is not there (any more). */
  cancel(index: number, begin: number, length: number): boolean {
    for (let i = this.#head; i < this.#tail; i++) {
      if (this.#indexes[i] !== index || this.#begins[i] !== begin || this.#lengths[i] !== length) continue;
      for (const column of [this.#indexes, this.#begins, this.#lengths]) {
        column.copyWithin(this.#head + 1, this.#head, i);
      }
      this.#head++;
      return true;
    }
    return false;
  }

  /** Empties the queue and returns what was in it. */
  drain(): BlockRequest[] {
    const requests: BlockRequest[] = [];
    for (let i = this.#head; i < this.#tail; i++) requests.push(this.#at(i));
    this.#head = this.#tail = 0;
    return requests;
  }

  #at(position: number): BlockRequest {
    return {
      index: this.#indexes[position] ?? 0,
      begin: this.#begins[position] ?? 0,
      length: this.#lengths[position] ?? 0,
    };
  }

  #makeRoom(): void {
    const capacity = this.size * 2 > this.#indexes.length ? this.#indexes.length * 2 : this.#indexes.length;
    this.#indexes = this.#moved(this.#indexes, capacity);
    this.#begins = this.#moved(this.#begins, capacity);
    this.#lengths = this.#moved(this.#lengths, capacity);
    this.#tail -= this.#head;
    this.#head = 0;
  }

  #moved(column: Uint32Array<ArrayBuffer>, capacity: number): Uint32Array<ArrayBuffer> {
    const moved = new Uint32Array(capacity);
    moved.set(column.subarray(this.#head, this.#tail));
    return moved;
  }
}
