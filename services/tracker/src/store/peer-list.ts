import { AddressIndex } from "./address-index.js";

/** What a peer is to a swarm. */
export type Role = "seeder" | "leecher";

const seenBytes = 2;
const smallestCapacity = 4;
/** From here on an index finds peers faster than a look at each of them. */
const indexedFromCapacity = 256;

/**
 * The peers of one torrent and one address family, packed into one array of bytes: first all addresses (IP and port,
 * as they stand in answers), then for each the tick (16 bits) when it was last heard of. Leechers come first, seeders
 * after them, in no order otherwise. A peer is its address: who announces from the same address is the same peer.
 */
export class PeerList {
  readonly #stride: number;
  #bytes: Uint8Array;
  #capacity = smallestCapacity;
  #count = 0;
  #leechers = 0;
  #index: AddressIndex | undefined;

  /** `stride` is the size of an address with its port: 6 or 18 bytes. */
  constructor(stride: number) {
    this.#stride = stride;
    this.#bytes = new Uint8Array(smallestCapacity * (stride + seenBytes));
  }

  get leechers(): number {
    return this.#leechers;
  }

  get seeders(): number {
    return this.#count - this.#leechers;
  }

  /** Which entry has the address; -1 for none. Positions hold until the next change. */
  find(address: Uint8Array): number {
    if (this.#index !== undefined) return this.#index.find(this.#bytes, address);
    const stride = this.#stride;
    const bytes = this.#bytes;
    // Ports differ more often than addresses, so the last byte is looked at first.
    const last = address[stride - 1];
    for (let i = 0, at = 0; i < this.#count; i++, at += stride) {
      if (bytes[at + stride - 1] === last && this.#equals(at, address)) return i;
    }
    return -1;
  }

  roleAt(position: number): Role {
    return position < this.#leechers ? "leecher" : "seeder";
  }

  /** Adds an address that is not in the list, and returns its position. */
  add(address: Uint8Array, role: Role, tick: number): number {
    if (this.#count === this.#capacity) this.#resize(this.#capacity * 2);
    let position = this.#count++;
    if (role === "leecher") {
      const boundary = this.#leechers++;
      if (boundary !== position) this.#move(boundary, position);
      position = boundary;
    }
    this.#bytes.set(address, position * this.#stride);
    this.#index?.insert(this.#bytes, position);
    this.touch(position, tick);
    return position;
  }

  /** Notes that the peer was heard of. */
  touch(position: number, tick: number): void {
    const at = this.#capacity * this.#stride + position * seenBytes;
    this.#bytes[at] = tick >> 8;
    this.#bytes[at + 1] = tick & 0xff;
  }

  removeAt(position: number): void {
    this.#index?.remove(this.#bytes, position);
    let hole = position;
    if (position < this.#leechers) {
      const lastLeecher = --this.#leechers;
      if (lastLeecher !== hole) this.#move(lastLeecher, hole);
      hole = lastLeecher;
    }
    const last = --this.#count;
    if (last !== hole) this.#move(last, hole);
    if (this.#capacity > smallestCapacity && this.#count < this.#capacity / 4)
      this.#resize(this.#capacity / 2);
  }

  /** Removes all that were not heard of for more than `maxAge` ticks; `onRemove` hears the role of each. */
  expire(tick: number, maxAge: number, onRemove: (role: Role) => void): void {
    // From the end, because a removal fills its hole with entries that were looked at already.
    for (let position = this.#count - 1; position >= 0; position--) {
      const at = this.#capacity * this.#stride + position * seenBytes;
      const seen = ((this.#bytes[at] ?? 0) << 8) | (this.#bytes[at + 1] ?? 0);
      if (((tick - seen) & 0xffff) <= maxAge) continue;
      const role = this.roleAt(position);
      this.removeAt(position);
      onRemove(role);
    }
  }

  /**
   * Copies up to `wanted` addresses, drawn evenly from all peers or from the leechers only, to the start of `target`,
   * but never the one at position `except`. Returns how many.
   *
   * Positions are start, start + step, start + 2 step … modulo the number of candidates. As step has no divisor in
   * common with that number, none comes twice, and all are equally likely.
   */
  pick(
    wanted: number,
    leechersOnly: boolean,
    except: number,
    randomUint32: () => number,
    target: Uint8Array,
  ): number {
    const candidates = leechersOnly ? this.#leechers : this.#count;
    if (candidates === 0 || wanted === 0) return 0;
    const stride = this.#stride;
    const bytes = this.#bytes;
    const step = coprimeStep(candidates, randomUint32);
    let position = randomUint32() % candidates;
    let at = 0;
    let picked = 0;
    for (let i = 0; i < candidates && picked < wanted; i++) {
      if (position !== except) {
        for (let from = position * stride, end = from + stride; from < end; from++) {
          target[at++] = bytes[from] as number;
        }
        picked++;
      }
      position += step;
      if (position >= candidates) position -= candidates;
    }
    return picked;
  }

  #equals(at: number, address: Uint8Array): boolean {
    for (let i = 0; i < this.#stride; i++) if (this.#bytes[at + i] !== address[i]) return false;
    return true;
  }

  #move(from: number, to: number): void {
    const stride = this.#stride;
    this.#index?.move(this.#bytes, from, to);
    this.#bytes.copyWithin(to * stride, from * stride, (from + 1) * stride);
    const seen = this.#capacity * stride;
    const fromSeen = seen + from * seenBytes;
    this.#bytes.copyWithin(seen + to * seenBytes, fromSeen, fromSeen + seenBytes);
  }

  #resize(capacity: number): void {
    const stride = this.#stride;
    const bytes = new Uint8Array(capacity * (stride + seenBytes));
    bytes.set(this.#bytes.subarray(0, this.#count * stride));
    const seen = this.#capacity * stride;
    bytes.set(this.#bytes.subarray(seen, seen + this.#count * seenBytes), capacity * stride);
    this.#bytes = bytes;
    this.#capacity = capacity;
    this.#index = undefined;
    if (capacity < indexedFromCapacity) return;
    this.#index = new AddressIndex(stride, capacity);
    for (let position = 0; position < this.#count; position++) this.#index.insert(bytes, position);
  }
}

/** The first number from a random one on that has no divisor in common with `modulus`; 1 has none, so there is one. */
function coprimeStep(modulus: number, randomUint32: () => number): number {
  if (modulus < 3) return 1;
  let step = 1 + (randomUint32() % (modulus - 1));
  while (greatestCommonDivisor(modulus, step) !== 1) step = step === modulus - 1 ? 1 : step + 1;
  return step;
}

function greatestCommonDivisor(a: number, b: number): number {
  while (b !== 0) [a, b] = [b, a % b];
  return a;
}
