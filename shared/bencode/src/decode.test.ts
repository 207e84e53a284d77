import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type DecodeOptions, decodeBencode, decodeBencodeDict, decodeBencodePrefix } from "./decode.js";
import { BencodeError } from "./error.js";

const latin1 = (text: string) => new Uint8Array(Buffer.from(text, "latin1"));
const decode = (text: string, options?: DecodeOptions) => decodeBencode(latin1(text), options);

function errorOf(run: () => unknown): { code: string; offset: number | undefined } {
  try {
    run();
  } catch (error) {
    if (error instanceof BencodeError) return { code: error.code, offset: error.offset };
    throw error;
  }
  throw new Error("nothing was thrown");
}

describe("decodeBencode", () => {
  it("reads every kind of value", () => {
    expect(decode("i-42e")).toBe(-42);
    expect(decode("4:spam")).toEqual(latin1("spam"));
    expect(decode("li1el2:abee")).toEqual([1, [latin1("ab")]]);
    expect(decode("d1:ai0e1:bdee")).toEqual(
      new Map<string, unknown>([
        ["a", 0],
        ["b", new Map()],
      ]),
    );
  });

  it("gives integers as bigint only when a number is not exact", () => {
    expect(decode("i9007199254740991e")).toBe(9007199254740991);
    expect(decode("i9007199254740992e")).toBe(9007199254740992n);
    expect(decode("i-18446744073709551615e")).toBe(-18446744073709551615n);
  });

  it("gives strings as views of the input, of the plain class", () => {
    const input = Buffer.from("4:spam");
    const value = decodeBencode(input);
    input[2] = "S".charCodeAt(0);
    expect(value).toEqual(latin1("Spam"));
    expect(Object.getPrototypeOf(value)).toBe(Uint8Array.prototype);
  });

  it("keeps keys that are not UTF-8, and __proto__", () => {
    const dict = decode("d9:__proto__i1e2:\xff\xfei2ee");
    expect(dict).toEqual(
      new Map([
        ["__proto__", 1],
        ["\xff\xfe", 2],
      ]),
    );
  });

  it.each([
    ["", "UNEXPECTED_END", 0],
    ["4294967295:", "STRING_TOO_LONG", 0],
    ["99999999999:", "STRING_TOO_LONG", 0],
    ["33554432:", "UNEXPECTED_END", 9],
    ["-1:", "UNEXPECTED_BYTE", 0],
    [":", "UNEXPECTED_BYTE", 0],
    ["5:spam", "UNEXPECTED_END", 6],
    ["5", "UNEXPECTED_END", 1],
    ["04:spam", "BAD_LENGTH", 0],
    ["i007e", "BAD_INTEGER", 0],
    ["i-0e", "BAD_INTEGER", 0],
    ["i-01e", "BAD_INTEGER", 0],
    ["ie", "BAD_INTEGER", 0],
    ["i-e", "BAD_INTEGER", 0],
    ["i1.5e", "BAD_INTEGER", 0],
    ["i 1e", "BAD_INTEGER", 0],
    ["i+1e", "BAD_INTEGER", 0],
    ["i111111111111111111111e", "BAD_INTEGER", 0],
    ["i1", "UNEXPECTED_END", 2],
    ["l", "UNEXPECTED_END", 1],
    ["d1:a", "UNEXPECTED_END", 4],
    ["d1:ae", "UNEXPECTED_BYTE", 4],
    ["di1ei2ee", "UNEXPECTED_BYTE", 1],
    ["d1:bi1e1:ai2ee", "UNSORTED_KEYS", 7],
    ["d2:abi1e1:bi2e2:aai3ee", "UNSORTED_KEYS", 14],
    ["d1:ai1e1:ai2ee", "DUPLICATE_KEY", 7],
    ["i1ei2e", "TRAILING_BYTES", 3],
    ["x", "UNEXPECTED_BYTE", 0],
  ])("refuses %j with %s", (text, code, offset) => {
    expect(errorOf(() => decode(text))).toEqual({ code, offset });
  });

  it("refuses duplicate keys in whatever order keys may come", () => {
    expect(decode("d1:bi1e1:ai2ee", { keyOrder: "any" })).toEqual(
      new Map([
        ["b", 1],
        ["a", 2],
      ]),
    );
    expect(errorOf(() => decode("d1:bi1e1:ai2e1:bi3ee", { keyOrder: "any" })).code).toBe("DUPLICATE_KEY");
  });

  it("bounds depth, tokens and strings", () => {
    expect(errorOf(() => decode("l".repeat(1_000_000))).code).toBe("TOO_DEEP");
    expect(decode("llee", { limits: { maxDepth: 2 } })).toEqual([[]]);
    expect(errorOf(() => decode("llleee", { limits: { maxDepth: 2 } })).code).toBe("TOO_DEEP");
    expect(errorOf(() => decode(`l${"le".repeat(100_000)}e`)).code).toBe("TOO_MANY_TOKENS");
    expect(decode("d1:ai1ee", { limits: { maxTokens: 3 } })).toEqual(new Map([["a", 1]]));
    expect(errorOf(() => decode("d1:ai1ee", { limits: { maxTokens: 2 } })).code).toBe("TOO_MANY_TOKENS");
    expect(errorOf(() => decode("4:spam", { limits: { maxStringBytes: 3 } })).code).toBe("STRING_TOO_LONG");
  });

  it("allows trailing bytes where asked to", () => {
    expect(decode("i1e\0\0", { trailing: "allow" })).toBe(1);
  });

  it("fails on arbitrary bytes with a BencodeError and nothing else", () => {
    const bencodeLike = fc
      .array(fc.constantFrom("d", "l", "i", "e", "1:", "0:", "a", "9", "-", ":", "10:"), { maxLength: 60 })
      .map((parts) => latin1(parts.join("")));
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), bencodeLike), (bytes) => {
        try {
          decodeBencode(bytes, { keyOrder: "any", trailing: "allow" });
        } catch (error) {
          expect(error).toBeInstanceOf(BencodeError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe("decodeBencodePrefix", () => {
  it("tells where the value ended", () => {
    expect(decodeBencodePrefix(latin1("d5:piecei0eeRAW"))).toEqual({
      value: new Map([["piece", 0]]),
      endOffset: 12,
    });
  });
});

describe("decodeBencodeDict", () => {
  it("gives the raw bytes of the outermost values", () => {
    const { dict, rawValues } = decodeBencodeDict(latin1("d1:ad1:bi1ee1:c2:xye"));
    expect(dict.get("a")).toEqual(new Map([["b", 1]]));
    expect([...rawValues].map(([key, raw]) => [key, Buffer.from(raw).toString()])).toEqual([
      ["a", "d1:bi1ee"],
      ["c", "2:xy"],
    ]);
  });

  it("refuses a value that is no dictionary, and trailing bytes", () => {
    expect(errorOf(() => decodeBencodeDict(latin1("i1e"))).code).toBe("WRONG_TYPE");
    expect(errorOf(() => decodeBencodeDict(latin1("dex"))).code).toBe("TRAILING_BYTES");
  });
});
