import { describe, expect, it } from "vitest";
import type { BencodeDict, BencodeValue } from "./decode.js";
import {
  dictOf,
  optionalBytes,
  optionalDict,
  optionalInteger,
  optionalList,
  optionalText,
  requireBytes,
  requireDict,
  requireInteger,
  requireList,
  requireText,
  textOf,
} from "./fields.js";

const text = new Uint8Array(Buffer.from("größe"));
const broken = new Uint8Array([0x66, 0xff]);
const dict: BencodeDict = new Map<string, BencodeValue>([
  ["integer", 5],
  ["huge", 2n ** 60n],
  ["text", text],
  ["broken", broken],
  ["list", [1]],
  ["dict", new Map()],
]);

const withCode = (code: string, key: string) =>
  expect.objectContaining({ code, message: expect.stringContaining(`"${key}"`) });

describe("fields", () => {
  it("give fields of the right type", () => {
    expect(requireBytes(dict, "text")).toBe(text);
    expect(requireText(dict, "text")).toBe("größe");
    expect(requireInteger(dict, "integer", { min: 5, max: 5 })).toBe(5);
    expect(requireList(dict, "list")).toEqual([1]);
    expect(requireDict(dict, "dict")).toEqual(new Map());
  });

  it("tell a missing field from a wrong one", () => {
    for (const optional of [optionalBytes, optionalText, optionalInteger, optionalList, optionalDict]) {
      expect(optional(dict, "nothing")).toBeUndefined();
    }
    for (const require of [requireBytes, requireText, requireInteger, requireList, requireDict]) {
      expect(() => require(dict, "nothing")).toThrow(withCode("MISSING_FIELD", "nothing"));
    }
  });

  it("refuse an integer where bytes are expected, and every other mistaken type", () => {
    expect(() => requireBytes(dict, "integer")).toThrow(withCode("WRONG_TYPE", "integer"));
    expect(() => optionalText(dict, "list")).toThrow(withCode("WRONG_TYPE", "list"));
    expect(() => optionalInteger(dict, "text")).toThrow(withCode("WRONG_TYPE", "text"));
    expect(() => optionalList(dict, "dict")).toThrow(withCode("WRONG_TYPE", "dict"));
    expect(() => optionalDict(dict, "list")).toThrow(withCode("WRONG_TYPE", "list"));
    expect(() => dictOf(1, "answer")).toThrow(withCode("WRONG_TYPE", "answer"));
    expect(() => textOf([], "answer")).toThrow(withCode("WRONG_TYPE", "answer"));
  });

  it("refuse values outside their range", () => {
    expect(() => requireInteger(dict, "integer", { min: 6 })).toThrow(withCode("OUT_OF_RANGE", "integer"));
    expect(() => requireInteger(dict, "integer", { max: 4 })).toThrow(withCode("OUT_OF_RANGE", "integer"));
    expect(() => requireInteger(dict, "huge")).toThrow(withCode("OUT_OF_RANGE", "huge"));
    expect(() => requireBytes(dict, "text", { maxBytes: 6 })).toThrow(withCode("OUT_OF_RANGE", "text"));
    expect(() => requireText(dict, "text", { minBytes: 8 })).toThrow(withCode("OUT_OF_RANGE", "text"));
  });

  it("refuse text that is not UTF-8", () => {
    expect(requireBytes(dict, "broken")).toBe(broken);
    expect(() => requireText(dict, "broken")).toThrow(withCode("NOT_UTF8", "broken"));
  });
});
