/**
 * Finds the position of an address in an array of packed addresses: a hash table with linear probing, never more than
 * half full, that holds positions only. Each method that changes it is called while the array still is as it was, but
 * for `insert`, whose address must be in place.
 */
export class AddressIndex {
  readonly #stride: number;
  /** Position + 1; 0 is empty. */
  readonly #slots: Int32Array;
  readonly #mask: number;

  /** `capacity` is a power of two. */
  constructor(stride: number, capacity: number) {
    this.#stride = stride;
    this.#slots = new Int32Array(capacity * 2);
    this.#mask = capacity * 2 - 1;
  }

  /** -1 when the address is not there. */
  find(bytes: Uint8Array, address: Uint8Array): number {
    for (let slot = this.#hash(address, 0); ; slot = (slot + 1) & this.#mask) {
      const position = (this.#slots[slot] as number) - 1;
      if (position < 0) return -1;
      if (this.#equals(bytes, position * this.#stride, address)) return position;
    }
  }

  insert(bytes: Uint8Array, position: number): void {
    let slot = this.#hash(bytes, position * this.#stride);
    while (this.#slots[slot] !== 0) slot = (slot + 1) & this.#mask;
    this.#slots[slot] = position + 1;
  }

  /** The address at `from` is about to be at `to`. */
  move(bytes: Uint8Array, from: number, to: number): void {
    this.#slots[this.#slotOf(bytes, from)] = to + 1;
  }

  remove(bytes: Uint8Array, position: number): void {
    let hole = this.#slotOf(bytes, position);
    this.#slots[hole] = 0;
    // What follows without a gap may have been pushed past the hole: it moves back, so that it is still found.
    for (let slot = (hole + 1) & this.#mask; this.#slots[slot] !== 0; slot = (slot + 1) & this.#mask) {
      const held = this.#slots[slot] as number;
      const home = this.#hash(bytes, (held - 1) * this.#stride);
      const reachesHole = ((slot - home) & this.#mask) >= ((slot - hole) & this.#mask);
      if (!reachesHole) continue;
      this.#slots[hole] = held;
      this.#slots[slot] = 0;
      hole = slot;
    }
  }

  #slotOf(bytes: Uint8Array, position: number): number {
    let slot = this.#hash(bytes, position * this.#stride);
    while (this.#slots[slot] !== position + 1) slot = (slot + 1) & this.#mask;
    return slot;
  }

  #equals(bytes: Uint8Array, at: number, address: Uint8Array): boolean {
    for (let i = this.#stride - 1; i >= 0; i--) if (bytes[at + i] !== address[i]) return false;
    return true;
  }

  /** FNV-1a, then mixed, as the slots are taken from its low bits. */
  #hash(bytes: Uint8Array, at: number): number {
    let hash = 0x811c9dc5;
    for (let i = at; i < at + this.#stride; i++) hash = Math.imul(hash ^ (bytes[i] as number), 0x01000193);
    return (hash ^ (hash >>> 15)) & this.#mask;
  }
}
