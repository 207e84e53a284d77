import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type BencodeValue, decodeBencode } from "./decode.js";
import { type BencodeInput, encodeBencode } from "./encode.js";

const encode = (value: BencodeInput) => Buffer.from(encodeBencode(value)).toString("latin1");

describe("encodeBencode", () => {
  it("writes every kind of value", () => {
    expect(encode("größe")).toBe("7:gr\xc3\xb6\xc3\x9fe");
    expect(encode(new Uint8Array([0, 255]))).toBe("2:\0\xff");
    expect(encode(-7)).toBe("i-7e");
    expect(encode(-0)).toBe("i0e");
    expect(encode(2n ** 64n - 1n)).toBe("i18446744073709551615e");
    expect(encode([1, ["a"], {}])).toBe("li1el1:aedee");
    expect(encode({ b: 1, a: new Map([["\xff", 2]]) })).toBe("d1:ad1:\xffi2ee1:bi1ee");
  });

  it("sorts keys by their raw bytes and leaves undefined fields out", () => {
    expect(encode({ é: 1, z: 2, "10": 3, "9": 4, a: undefined })).toBe("d2:10i3e1:9i4e1:zi2e2:\xc3\xa9i1ee");
    expect(encode({ ["__proto__"]: 1 })).toBe("d9:__proto__i1ee");
  });

  it("refuses what bencode cannot express", () => {
    const cycle: BencodeInput[] = [];
    cycle.push(cycle);
    for (const value of [1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, 10n ** 20n, cycle]) {
      expect(() => encodeBencode(value)).toThrow(expect.objectContaining({ code: "NOT_ENCODABLE" }));
    }
    expect(() => encodeBencode(new Map([["€", 1]]))).toThrow(
      expect.objectContaining({ code: "NOT_ENCODABLE" }),
    );
  });

  it("is undone by decodeBencode, which accepts nothing but what it writes", () => {
    const rawKey = fc.uint8Array({ maxLength: 6 }).map((bytes) => Buffer.from(bytes).toString("latin1"));
    const { value } = fc.letrec<{ value: BencodeValue }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 4, withCrossShrink: true },
        fc.maxSafeInteger(),
        fc
          .bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n })
          .filter((integer) => !Number.isSafeInteger(Number(integer))),
        fc.uint8Array({ maxLength: 20 }),
        fc.array(tie("value"), { maxLength: 5 }),
        fc.array(fc.tuple(rawKey, tie("value")), { maxLength: 5 }).map((entries) => new Map(entries)),
      ),
    }));
    fc.assert(
      fc.property(value, (original) => {
        const bytes = encodeBencode(original);
        const decoded = decodeBencode(bytes);
        expect(decoded).toEqual(original);
        expect(encodeBencode(decoded)).toEqual(bytes);
      }),
    );
  });

  it("gives back the bytes that decodeBencode accepted", () => {
    const bencodeLike = fc
      .array(fc.constantFrom("de", "le", "l", "d", "e", "i1e", "1:a", "1:b", "0:", "i-5e"), { maxLength: 12 })
      .map((parts) => Buffer.from(parts.join("")));
    fc.assert(
      fc.property(bencodeLike, (bytes) => {
        let decoded: BencodeValue;
        try {
          decoded = decodeBencode(bytes);
        } catch {
          return;
        }
        expect(Buffer.from(encodeBencode(decoded)).equals(bytes)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});
