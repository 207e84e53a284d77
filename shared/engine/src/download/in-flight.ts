const INITIAL_CAPACITY = 16;

/**
 * The requests that one peer has not answered yet, oldest first. Peers answer in order, so a lookup
 * nearly always ends at the first entry.
 */
export class InFlight {
  #keys = new Float64Array(INITIAL_CAPACITY);
  #sentAt = new Float64Array(INITIAL_CAPACITY);
  #head = 0;
  #tail = 0;

  get size(): number {
    return this.#tail - this.#head;
  }

  /** When the oldest request was sent; undefined when there is none. */
  get oldestSentAtMs(): number | undefined {
    return this.size > 0 ? this.#sentAt[this.#head] : undefined;
  }

  push(blockKey: number, nowMs: number): void {
    if (this.#tail === this.#keys.length) this.#makeRoom();
    this.#keys[this.#tail] = blockKey;
    this.#sentAt[this.#tail] = nowMs;
    this.#tail++;
  }

  has(blockKey: number): boolean {
    return this.#find(blockKey) >= 0;
  }

  /** Takes the request out and returns when it was sent; -1 when it is not there. */
  remove(blockKey: number): number {
    const at = this.#find(blockKey);
    if (at < 0) return -1;
    const sentAtMs = this.#sentAt[at] as number;
    this.#keys.copyWithin(this.#head + 1, this.#head, at);
    this.#sentAt.copyWithin(this.#head + 1, this.#head, at);
    this.#head++;
    if (this.#head === this.#tail) this.#head = this.#tail = 0;
    return sentAtMs;
  }

  /** The keys of all requests, oldest first. */
  keys(): number[] {
    return Array.from(this.#keys.subarray(this.#head, this.#tail));
  }

  /** Lets all requests count as sent now: their answers were held back on our side. */
  restart(nowMs: number): void {
    this.#sentAt.fill(nowMs, this.#head, this.#tail);
  }

  /** Empties it and returns the keys of all requests that were there. */
  drain(): number[] {
    const keys = this.keys();
    this.#head = this.#tail = 0;
    return keys;
  }

  #find(blockKey: number): number {
    for (let i = this.#head; i < this.#tail; i++) if (this.#keys[i] === blockKey) return i;
    return -1;
  }

  #makeRoom(): void {
    const size = this.size;
    const capacity = size * 2 > this.#keys.length ? this.#keys.length * 2 : this.#keys.length;
    const keys = new Float64Array(capacity);
    const sentAt = new Float64Array(capacity);
    keys.set(this.#keys.subarray(this.#head, this.#tail));
    sentAt.set(this.#sentAt.subarray(this.#head, this.#tail));
    this.#keys = keys;
    this.#sentAt = sentAt;
    this.#head = 0;
    this.#tail = size;
  }
}
