import { BencodeError } from "./error.js";

/** What bencode can express. Integers are `number` where that is exact, else `bigint`. */
export type BencodeValue = number | bigint | Uint8Array | BencodeValue[] | BencodeDict;

/**
 * A dictionary by its raw keys, each byte of a key as one character ("binary" or latin1 string):
 * keys that are not UTF-8 survive, and `__proto__` is a key like any other.
 */
export type BencodeDict = Map<string, BencodeValue>;

/** Bounds that are checked before anything is allocated. */
interface BencodeLimits {
  /** How deep lists and dictionaries may be nested. Default 64. */
  readonly maxDepth?: number;
  /** How many values and keys there may be in all. Default 100,000. */
  readonly maxTokens?: number;
  /** The longest string. Default 32 MiB. */
  readonly maxStringBytes?: number;
}

export interface DecodeOptions {
  readonly limits?: BencodeLimits;
  /** `canonical` (the default) refuses unsorted keys; duplicate keys are always refused. */
  readonly keyOrder?: "canonical" | "any";
  /** Whether bytes after the value are an error; `refuse` is the default. */
  readonly trailing?: "refuse" | "allow";
}

/**
 * Decodes one bencoded value (BEP 3). Strings are views of `bytes`, not copies.
 * @throws BencodeError
 */
export function decodeBencode(bytes: Uint8Array, options: DecodeOptions = {}): BencodeValue {
  const decoder = new Decoder(bytes, options);
  const value = decoder.readValue(0);
  if (options.trailing !== "allow") decoder.requireEnd();
  return value;
}

/**
 * Decodes the value at the start of `bytes` and tells where it ends,
 * for messages that carry raw bytes after a dictionary (BEP 9).
 * @throws BencodeError
 */
export function decodeBencodePrefix(
  bytes: Uint8Array,
  options: Omit<DecodeOptions, "trailing"> = {},
): { value: BencodeValue; endOffset: number } {
  const decoder = new Decoder(bytes, options);
  const value = decoder.readValue(0);
  return { value, endOffset: decoder.offset };
}

/**
 * Decodes a dictionary and gives the raw bytes of each of its values besides,
 * because a hash (the info hash) is over the bytes as they were sent, whoever wrote them.
 * @throws BencodeError with code `WRONG_TYPE` when the value is no dictionary
 */
export function decodeBencodeDict(
  bytes: Uint8Array,
  options: DecodeOptions = {},
): { dict: BencodeDict; rawValues: Map<string, Uint8Array> } {
  const rawValues = new Map<string, Uint8Array>();
  const decoder = new Decoder(bytes, options, rawValues);
  const dict = decoder.readValue(0);
  if (!(dict instanceof Map)) throw new BencodeError("WRONG_TYPE", "not a dictionary", 0);
  if (options.trailing !== "allow") decoder.requireEnd();
  return { dict, rawValues };
}

const DIGIT_0 = 0x30;
const DIGIT_9 = 0x39;
const MINUS = 0x2d;
const COLON = 0x3a;
const DICT = 0x64;
const END = 0x65;
const INTEGER = 0x69;
const LIST = 0x6c;

/** Enough for every 64-bit integer. */
export const MAX_INTEGER_DIGITS = 20;
const MAX_LENGTH_DIGITS = 10;
const SAFE_INTEGER_DIGITS = 15;

class Decoder {
  offset = 0;
  readonly #bytes: Uint8Array;
  readonly #text: Buffer;
  readonly #maxDepth: number;
  readonly #maxStringBytes: number;
  readonly #anyOrder: boolean;
  readonly #rawValues: Map<string, Uint8Array> | undefined;
  #tokensLeft: number;

  constructor(bytes: Uint8Array, options: DecodeOptions, rawValues?: Map<string, Uint8Array>) {
    // A plain view even of a Buffer, so that decoded strings are of one class.
    this.#bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#maxDepth = options.limits?.maxDepth ?? 64;
    this.#tokensLeft = options.limits?.maxTokens ?? 100_000;
    this.#maxStringBytes = options.limits?.maxStringBytes ?? 32 * 1024 * 1024;
    this.#anyOrder = options.keyOrder === "any";
    this.#rawValues = rawValues;
  }

  readValue(depth: number): BencodeValue {
    const first = this.#bytes[this.offset];
    if (first === undefined) throw this.#unexpectedEnd();
    switch (first) {
      case DICT:
        return this.#readDict(depth);
      case LIST:
        return this.#readList(depth);
      case INTEGER:
        return this.#readInteger();
      default: {
        const length = this.#readStringLength();
        this.offset += length;
        return this.#bytes.subarray(this.offset - length, this.offset);
      }
    }
  }

  requireEnd(): void {
    if (this.offset < this.#bytes.length) {
      throw new BencodeError("TRAILING_BYTES", "bytes follow the value", this.offset);
    }
  }

  #readDict(depth: number): BencodeDict {
    this.#open(depth);
    const dict: BencodeDict = new Map();
    let previousKey: string | undefined;
    while (this.#bytes[this.offset] !== END) {
      const keyOffset = this.offset;
      const length = this.#readStringLength();
      const key = this.#text.toString("latin1", this.offset, this.offset + length);
      this.offset += length;
      // Characters are bytes here, so comparing strings compares raw bytes.
      if (dict.has(key)) throw new BencodeError("DUPLICATE_KEY", "a key comes twice", keyOffset);
      if (!this.#anyOrder && previousKey !== undefined && key < previousKey) {
        throw new BencodeError("UNSORTED_KEYS", "keys are not sorted", keyOffset);
      }
      previousKey = key;
      const start = this.offset;
      dict.set(key, this.readValue(depth + 1));
      if (depth === 0) this.#rawValues?.set(key, this.#bytes.subarray(start, this.offset));
    }
    this.offset++;
    return dict;
  }

  #readList(depth: number): BencodeValue[] {
    this.#open(depth);
    const list: BencodeValue[] = [];
    while (this.#bytes[this.offset] !== END) list.push(this.readValue(depth + 1));
    this.offset++;
    return list;
  }

  #open(depth: number): void {
    if (depth >= this.#maxDepth) throw new BencodeError("TOO_DEEP", "nested too deeply", this.offset);
    this.#countToken();
    this.offset++;
  }

  #readInteger(): number | bigint {
    this.#countToken();
    const start = this.offset + 1;
    const isNegative = this.#bytes[start] === MINUS;
    const digitsStart = isNegative ? start + 1 : start;
    const digitsEnd = this.#skipDigits(digitsStart, MAX_INTEGER_DIGITS);
    const terminator = this.#bytes[digitsEnd];
    if (terminator === undefined) throw this.#unexpectedEnd();
    const digits = digitsEnd - digitsStart;
    const hasLeadingZero = this.#bytes[digitsStart] === DIGIT_0 && (digits > 1 || isNegative);
    if (terminator !== END || digits === 0 || hasLeadingZero) {
      throw new BencodeError("BAD_INTEGER", "not an integer in canonical form", this.offset);
    }
    const text = this.#text.toString("latin1", start, digitsEnd);
    this.offset = digitsEnd + 1;
    const value = Number(text);
    if (digits <= SAFE_INTEGER_DIGITS || Number.isSafeInteger(value)) return value;
    return BigInt(text);
  }

  /** Moves to the first byte of a string and returns its length, which fits the input and the limits. */
  #readStringLength(): number {
    this.#countToken();
    const start = this.offset;
    const end = this.#skipDigits(start, MAX_LENGTH_DIGITS);
    if (this.#bytes[end] !== COLON) {
      if (end === this.#bytes.length) throw this.#unexpectedEnd();
      const isDigits = end - start === MAX_LENGTH_DIGITS && isDigit(this.#bytes[end]);
      throw isDigits
        ? new BencodeError("STRING_TOO_LONG", "a string is longer than any may be", start)
        : new BencodeError("UNEXPECTED_BYTE", "neither a value nor the end of one", end);
    }
    if (end === start) throw new BencodeError("UNEXPECTED_BYTE", "a string without a length", start);
    if (this.#bytes[start] === DIGIT_0 && end - start > 1) {
      throw new BencodeError("BAD_LENGTH", "a string length with a leading zero", start);
    }
    let length = 0;
    for (let i = start; i < end; i++) length = length * 10 + (this.#bytes[i] as number) - DIGIT_0;
    if (length > this.#maxStringBytes) {
      throw new BencodeError("STRING_TOO_LONG", `a string of ${length} bytes is too long`, start);
    }
    if (length > this.#bytes.length - end - 1) throw this.#unexpectedEnd();
    this.offset = end + 1;
    return length;
  }

  #skipDigits(start: number, maxDigits: number): number {
    let end = start;
    while (end - start < maxDigits && isDigit(this.#bytes[end])) end++;
    return end;
  }

  #countToken(): void {
    if (this.#tokensLeft-- <= 0) throw new BencodeError("TOO_MANY_TOKENS", "too many values", this.offset);
  }

  #unexpectedEnd(): BencodeError {
    return new BencodeError("UNEXPECTED_END", "the input ends inside a value", this.#bytes.length);
  }
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= DIGIT_0 && byte <= DIGIT_9;
}
