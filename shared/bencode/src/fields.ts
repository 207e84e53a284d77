import type { BencodeDict, BencodeValue } from "./decode.js";
import { BencodeError } from "./error.js";

/*
 * Fields of a decoded dictionary, with the type they must have. Each `require…` throws a BencodeError
 * that names the key: `MISSING_FIELD`, `WRONG_TYPE`, `OUT_OF_RANGE` or `NOT_UTF8`.
 * Each `optional…` gives undefined for a missing field and throws like its sister for a wrong one.
 */

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Bounds of an integer field, both included; without them, of a safe integer. */
export interface IntegerRange {
  readonly min?: number;
  readonly max?: number;
}

/** Bounds of the length of a bytes or text field, both included. */
export interface LengthRange {
  readonly minBytes?: number;
  readonly maxBytes?: number;
}

export function requireBytes(dict: BencodeDict, key: string, range: LengthRange = {}): Uint8Array {
  return required(key, optionalBytes(dict, key, range));
}

export function optionalBytes(
  dict: BencodeDict,
  key: string,
  range: LengthRange = {},
): Uint8Array | undefined {
  const value = dict.get(key);
  if (value === undefined) return undefined;
  if (!(value instanceof Uint8Array)) throw wrongType(key, "a string");
  if (value.length < (range.minBytes ?? 0) || value.length > (range.maxBytes ?? Number.POSITIVE_INFINITY)) {
    throw new BencodeError("OUT_OF_RANGE", `"${key}" has ${value.length} bytes`);
  }
  return value;
}

/** A string that must be UTF-8. */
export function requireText(dict: BencodeDict, key: string, range: LengthRange = {}): string {
  return required(key, optionalText(dict, key, range));
}

/** A string that must be UTF-8, where it is there. */
export function optionalText(dict: BencodeDict, key: string, range: LengthRange = {}): string | undefined {
  const bytes = optionalBytes(dict, key, range);
  return bytes === undefined ? undefined : textOf(bytes, key);
}

export function requireInteger(dict: BencodeDict, key: string, range: IntegerRange = {}): number {
  return required(key, optionalInteger(dict, key, range));
}

export function optionalInteger(
  dict: BencodeDict,
  key: string,
  range: IntegerRange = {},
): number | undefined {
  const value = dict.get(key);
  if (value === undefined) return undefined;
  if (typeof value !== "number" && typeof value !== "bigint") throw wrongType(key, "an integer");
  const min = range.min ?? Number.MIN_SAFE_INTEGER;
  const max = range.max ?? Number.MAX_SAFE_INTEGER;
  if (typeof value === "bigint" || value < min || value > max) {
    throw new BencodeError("OUT_OF_RANGE", `"${key}" is ${value}, not within ${min} to ${max}`);
  }
  return value;
}

export function requireList(dict: BencodeDict, key: string): BencodeValue[] {
  return required(key, optionalList(dict, key));
}

export function optionalList(dict: BencodeDict, key: string): BencodeValue[] | undefined {
  const value = dict.get(key);
  if (value !== undefined && !Array.isArray(value)) throw wrongType(key, "a list");
  return value;
}

export function requireDict(dict: BencodeDict, key: string): BencodeDict {
  return required(key, optionalDict(dict, key));
}

export function optionalDict(dict: BencodeDict, key: string): BencodeDict | undefined {
  const value = dict.get(key);
  return value === undefined ? undefined : dictOf(value, key);
}

/** The value as a dictionary; `name` is for the error, which has code `WRONG_TYPE`. */
export function dictOf(value: BencodeValue, name: string): BencodeDict {
  if (!(value instanceof Map)) throw wrongType(name, "a dictionary");
  return value;
}

/** The value as UTF-8 text; `name` is for the error, which has code `WRONG_TYPE` or `NOT_UTF8`. */
export function textOf(value: BencodeValue, name: string): string {
  if (!(value instanceof Uint8Array)) throw wrongType(name, "a string");
  try {
    return utf8.decode(value);
  } catch {
    throw new BencodeError("NOT_UTF8", `"${name}" is not UTF-8`);
  }
}

function required<T>(key: string, value: T | undefined): T {
  if (value === undefined) throw new BencodeError("MISSING_FIELD", `"${key}" is missing`);
  return value;
}

function wrongType(name: string, expected: string): BencodeError {
  return new BencodeError("WRONG_TYPE", `"${name}" is not ${expected}`);
}
