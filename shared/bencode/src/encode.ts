import { MAX_INTEGER_DIGITS } from "./decode.js";
import { BencodeError } from "./error.js";

/**
 * What can be encoded. Text becomes UTF-8. The keys of a Map are raw bytes, one character each
 * (as in a decoded dictionary); the keys of a plain object are text, and its undefined fields are left out.
 */
export type BencodeInput =
  | string
  | number
  | bigint
  | Uint8Array
  | readonly BencodeInput[]
  | ReadonlyMap<string, BencodeInput>
  | { readonly [key: string]: BencodeInput | undefined };

/**
 * Encodes a value in bencode's one canonical form (BEP 3): keys sorted by their raw bytes.
 * @throws BencodeError with code `NOT_ENCODABLE` for a fraction, an integer that a number cannot hold exactly
 *   or with more than 20 digits, a Map key with a character over 0xff, and a value that contains itself
 */
export function encodeBencode(value: BencodeInput): Uint8Array {
  const sizer = new Sizer();
  sizer.add(value, 0);
  const bytes = new Uint8Array(sizer.sizeBytes);
  const writer = Buffer.from(bytes.buffer);
  let offset = 0;
  for (const part of sizer.parts) {
    if (typeof part === "string") {
      offset += writer.write(part, offset);
    } else {
      bytes.set(part, offset);
      offset += part.length;
    }
  }
  return bytes;
}

const MAX_DEPTH = 256;

/** Lays out the parts of the encoding, in order, and adds up their size. */
class Sizer {
  /** Text to be written as UTF-8, and raw bytes. */
  readonly parts: (string | Uint8Array)[] = [];
  sizeBytes = 0;

  add(value: BencodeInput, depth: number): void {
    if (depth > MAX_DEPTH) throw notEncodable("nested too deeply");
    if (typeof value === "string") this.#addText(value);
    else if (typeof value === "number" || typeof value === "bigint") this.#addInteger(value);
    else if (value instanceof Uint8Array) this.#addBytes(value);
    else if (isList(value)) this.#addList(value, depth);
    else if (isMap(value)) this.#addDict(mapEntries(value), depth);
    else this.#addDict(objectEntries(value), depth);
  }

  #addList(list: readonly BencodeInput[], depth: number): void {
    this.#addAscii("l");
    for (const item of list) this.add(item, depth + 1);
    this.#addAscii("e");
  }

  #addDict(entries: DictEntry[], depth: number): void {
    entries.sort(byRawKey);
    this.#addAscii("d");
    for (const { rawKey, value } of entries) {
      this.#addBytes(Buffer.from(rawKey, "latin1"));
      this.add(value, depth + 1);
    }
    this.#addAscii("e");
  }

  #addInteger(value: number | bigint): void {
    if (typeof value === "number" && !Number.isSafeInteger(value)) {
      throw notEncodable(`${value} is not an exact integer`);
    }
    const text = value.toString();
    if (text.length > MAX_INTEGER_DIGITS + (value < 0 ? 1 : 0)) throw notEncodable("an integer is too large");
    this.#addAscii(`i${text}e`);
  }

  #addText(text: string): void {
    const length = Buffer.byteLength(text);
    this.#addAscii(`${length}:`);
    this.parts.push(text);
    this.sizeBytes += length;
  }

  #addBytes(bytes: Uint8Array): void {
    this.#addAscii(`${bytes.length}:`);
    this.parts.push(bytes);
    this.sizeBytes += bytes.length;
  }

  #addAscii(text: string): void {
    this.parts.push(text);
    this.sizeBytes += text.length;
  }
}

interface DictEntry {
  /** One character a byte. */
  readonly rawKey: string;
  readonly value: BencodeInput;
}

function mapEntries(map: ReadonlyMap<string, BencodeInput>): DictEntry[] {
  const entries: DictEntry[] = [];
  for (const [rawKey, value] of map) {
    for (let i = 0; i < rawKey.length; i++) {
      if (rawKey.charCodeAt(i) > 0xff) throw notEncodable("a Map key must have one character a byte");
    }
    entries.push({ rawKey, value });
  }
  return entries;
}

function objectEntries(object: { readonly [key: string]: BencodeInput | undefined }): DictEntry[] {
  const entries: DictEntry[] = [];
  for (const [key, value] of Object.entries(object)) {
    if (value !== undefined) entries.push({ rawKey: Buffer.from(key).toString("latin1"), value });
  }
  return entries;
}

function byRawKey(a: DictEntry, b: DictEntry): number {
  return a.rawKey < b.rawKey ? -1 : 1;
}

function isList(value: object): value is readonly BencodeInput[] {
  return Array.isArray(value);
}

function isMap(value: object): value is ReadonlyMap<string, BencodeInput> {
  return value instanceof Map;
}

function notEncodable(message: string): BencodeError {
  return new BencodeError("NOT_ENCODABLE", message);
}
