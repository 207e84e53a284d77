import { WireError } from "./wire-error.js";

/** A set of piece indexes in the layout of the bitfield message (BEP 3): the high bit of the first byte is piece 0. */
export class Bitfield {
  /** How many pieces there are, in the set or not. */
  readonly length: number;
  /** The bits as they go over the wire; spare bits at the end are zero. Change them only through `set` and `clear`. */
  readonly bytes: Uint8Array;
  #count = 0;

  /**
   * An empty set, or the set in `bytes`, which then belong to the bitfield.
   * Throws RangeError when `bytes` has the wrong size or spare bits set.
   */
  constructor(length: number, bytes?: Uint8Array) {
    if (!Number.isSafeInteger(length) || length < 0) throw new RangeError(`a bitfield of ${length} bits`);
    this.length = length;
    this.bytes = bytes ?? new Uint8Array(bitfieldBytes(length));
    if (bytes === undefined) return;
    const fault = faultIn(length, bytes);
    if (fault !== undefined) throw new RangeError(fault);
    for (const byte of bytes) this.#count += popCount(byte);
  }

  /** A copy of what a peer sent. Throws WireError `BAD_BITFIELD` on a wrong size or when spare bits are set. */
  static fromWire(length: number, bytes: Uint8Array): Bitfield {
    const fault = faultIn(length, bytes);
    if (fault !== undefined) throw new WireError("BAD_BITFIELD", fault);
    return new Bitfield(length, Uint8Array.from(bytes));
  }

  /** How many pieces are in the set. */
  get count(): number {
    return this.#count;
  }

  /** Whether every piece is in the set. */
  get isComplete(): boolean {
    return this.#count === this.length;
  }

  /** Whether piece `index` is in the set; false outside the range. */
  has(index: number): boolean {
    if (!(index >= 0 && index < this.length)) return false;
    return ((this.bytes[index >>> 3] ?? 0) & (0x80 >>> (index & 7))) !== 0;
  }

  /** Adds piece `index`. Throws RangeError outside the range. */
  set(index: number): void {
    this.#requireIndex(index);
    const byte = this.bytes[index >>> 3] ?? 0;
    const mask = 0x80 >>> (index & 7);
    if ((byte & mask) !== 0) return;
    this.bytes[index >>> 3] = byte | mask;
    this.#count++;
  }

  /** Removes piece `index`. Throws RangeError outside the range. */
  clear(index: number): void {
    this.#requireIndex(index);
    const byte = this.bytes[index >>> 3] ?? 0;
    const mask = 0x80 >>> (index & 7);
    if ((byte & mask) === 0) return;
    this.bytes[index >>> 3] = byte & ~mask;
    this.#count--;
  }

  #requireIndex(index: number): void {
    if (Number.isInteger(index) && index >= 0 && index < this.length) return;
    throw new RangeError(`piece ${index} of ${this.length}`);
  }
}

/** The size of the bitfield of `length` pieces on the wire. */
export function bitfieldBytes(length: number): number {
  return Math.ceil(length / 8);
}

function faultIn(length: number, bytes: Uint8Array): string | undefined {
  const expected = bitfieldBytes(length);
  if (bytes.length !== expected) {
    return `a bitfield of ${bytes.length} bytes where ${length} pieces need ${expected}`;
  }
  const spareBits = expected * 8 - length;
  if (((bytes[expected - 1] ?? 0) & ((1 << spareBits) - 1)) !== 0) return "spare bits of a bitfield are set";
  return undefined;
}

function popCount(byte: number): number {
  let count = 0;
  for (let rest = byte; rest !== 0; rest &= rest - 1) count++;
  return count;
}
