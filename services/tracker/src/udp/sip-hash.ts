/** A 64-bit hash as two halves. */
export interface SipHash {
  readonly high: number;
  readonly low: number;
}

/**
 * SipHash-2-4 (Aumasson & Bernstein 2012): a keyed hash for short inputs, which nobody without the 16-byte key can
 * predict. Here in 32-bit halves, because an HMAC of the system's library costs as much as all the rest of an answer.
 */
export function sipHash(key: Uint8Array, message: Uint8Array): SipHash {
  const k0Low = readUint32(key, 0);
  const k0High = readUint32(key, 4);
  const k1Low = readUint32(key, 8);
  const k1High = readUint32(key, 12);
  const state = new Int32Array([
    k0Low ^ 0x70736575,
    k0High ^ 0x736f6d65,
    k1Low ^ 0x6e646f6d,
    k1High ^ 0x646f7261,
    k0Low ^ 0x6e657261,
    k0High ^ 0x6c796765,
    k1Low ^ 0x79746573,
    k1High ^ 0x74656462,
  ]);
  const wholeWords = message.length & ~7;
  for (let at = 0; at < wholeWords; at += 8) {
    compress(state, readUint32(message, at), readUint32(message, at + 4));
  }
  const tail = new Uint8Array(8);
  tail.set(message.subarray(wholeWords));
  tail[7] = message.length;
  compress(state, readUint32(tail, 0), readUint32(tail, 4));
  xorInto(state, 4, 0xff);
  for (let i = 0; i < 4; i++) round(state);
  const [v0 = 0, v0High = 0, v1 = 0, v1High = 0, v2 = 0, v2High = 0, v3 = 0, v3High = 0] = state;
  return { low: (v0 ^ v1 ^ v2 ^ v3) >>> 0, high: (v0High ^ v1High ^ v2High ^ v3High) >>> 0 };
}

/** The state holds v0 to v3, the low half of each before its high half. */
type State = Int32Array;

function compress(state: State, low: number, high: number): void {
  xorInto(state, 6, low);
  xorInto(state, 7, high);
  round(state);
  round(state);
  xorInto(state, 0, low);
  xorInto(state, 1, high);
}

function round(state: State): void {
  addInto(state, 0, 2);
  rotateLeft(state, 2, 13);
  xorPair(state, 2, 0);
  swapHalves(state, 0);
  addInto(state, 4, 6);
  rotateLeft(state, 6, 16);
  xorPair(state, 6, 4);
  addInto(state, 0, 6);
  rotateLeft(state, 6, 21);
  xorPair(state, 6, 0);
  addInto(state, 4, 2);
  rotateLeft(state, 2, 17);
  xorPair(state, 2, 4);
  swapHalves(state, 4);
}

function xorInto(state: State, index: number, value: number): void {
  state[index] = (state[index] as number) ^ value;
}

function xorPair(state: State, target: number, source: number): void {
  xorInto(state, target, state[source] as number);
  xorInto(state, target + 1, state[source + 1] as number);
}

function addInto(state: State, target: number, source: number): void {
  const low = ((state[target] as number) >>> 0) + ((state[source] as number) >>> 0);
  state[target] = low | 0;
  const carry = low > 0xffffffff ? 1 : 0;
  state[target + 1] = ((state[target + 1] as number) + (state[source + 1] as number) + carry) | 0;
}

/** By less than 32 bits; a rotation by 32 swaps the halves. */
function rotateLeft(state: State, index: number, bits: number): void {
  const low = state[index] as number;
  const high = state[index + 1] as number;
  state[index] = (low << bits) | (high >>> (32 - bits));
  state[index + 1] = (high << bits) | (low >>> (32 - bits));
}

function swapHalves(state: State, index: number): void {
  const low = state[index] as number;
  state[index] = state[index + 1] as number;
  state[index + 1] = low;
}

/** Little-endian. */
function readUint32(bytes: Uint8Array, at: number): number {
  return (
    (bytes[at] as number) |
    ((bytes[at + 1] as number) << 8) |
    ((bytes[at + 2] as number) << 16) |
    ((bytes[at + 3] as number) << 24)
  );
}
