import { encodeBencode } from "@swarmlab/bencode/encode";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  encodeExtendedHandshake,
  encodeMetadataMessage,
  MAX_METADATA_BYTES,
  parseExtendedHandshake,
  parseMetadataMessage,
} from "./extension.js";
import { WireError } from "./wire-error.js";

const UNREADABLE = expect.objectContaining({ name: "WireError", code: "BAD_EXTENSION_MESSAGE" });

describe("the extended handshake", () => {
  it("is written with the keys of BEP 10", () => {
    const payload = encodeExtendedHandshake({
      messageIds: new Map([["ut_metadata", 3]]),
      client: "Swarmlab 0.1.0",
      listenPort: 6881,
      requestQueue: 500,
      metadataBytes: 31_235,
    });
    expect(Buffer.from(payload).toString()).toBe(
      "d1:md11:ut_metadatai3ee13:metadata_sizei31235e1:pi6881e4:reqqi500e1:v14:Swarmlab 0.1.0e",
    );
  });

  it("is read as it was written", () => {
    const handshake = {
      messageIds: new Map([
        ["ut_metadata", 3],
        ["ut_pex", 1],
        ["ünïcode", 255],
      ]),
      client: "Swarmlab",
      listenPort: 1,
      requestQueue: 2000,
      metadataBytes: MAX_METADATA_BYTES,
      yourIp: Uint8Array.of(192, 0, 2, 1),
    };
    expect(parseExtendedHandshake(encodeExtendedHandshake(handshake))).toEqual(handshake);
  });

  it("accepts unsorted keys and bytes behind the dictionary, as some clients send them", () => {
    expect(parseExtendedHandshake(Buffer.from("d1:v1:x1:pi1eetrailing"))).toMatchObject({ listenPort: 1 });
  });

  it.each([
    ["a metadata bomb", { metadata_size: MAX_METADATA_BYTES + 1 }],
    ["a negative metadata size", { metadata_size: -1 }],
    ["a metadata size beyond 64 bits", { metadata_size: 2n ** 63n }],
    ["integers where bytes are expected", { v: 1, yourip: 2, m: 3 }],
    ["bytes where integers are expected", { p: "6881", reqq: "9", metadata_size: "5" }],
    ["ids out of range, or switched off", { m: { ut_pex: 0, ut_metadata: 256, x: -1, y: "1" } }],
    ["an address of five bytes", { yourip: "12345" }],
    ["a port out of range", { p: 65_536 }],
  ])("takes %s as not sent", (_name, dict) => {
    expect(parseExtendedHandshake(encodeBencode(dict))).toEqual({ messageIds: new Map() });
  });

  it("makes the client's name safe to print", () => {
    const parsed = parseExtendedHandshake(encodeBencode({ v: `\x1b[31mevil\n${"x".repeat(500)}` }));
    expect(parsed.client).toBe(`[31mevil${"x".repeat(56)}`);
  });

  it("refuses what is no dictionary", () => {
    expect(() => parseExtendedHandshake(Buffer.from("i1e"))).toThrow(UNREADABLE);
    expect(() => parseExtendedHandshake(Buffer.from(""))).toThrow(UNREADABLE);
    expect(() => parseExtendedHandshake(Buffer.from("d".repeat(100)))).toThrow(UNREADABLE);
  });
});

describe("a ut_metadata message", () => {
  it("carries raw data behind the dictionary of BEP 9", () => {
    const message = { type: "data", piece: 1, totalBytes: 16_387, data: Uint8Array.of(1, 2, 3) } as const;
    const payload = encodeMetadataMessage(message);
    expect(Buffer.from(payload).toString("latin1")).toBe(
      "d8:msg_typei1e5:piecei1e10:total_sizei16387ee\x01\x02\x03",
    );
    expect(parseMetadataMessage(payload)).toEqual(message);
  });

  it.each([
    { type: "request", piece: 7 },
    { type: "reject", piece: 0 },
  ] as const)("is read as it was written: %j", (message) => {
    expect(parseMetadataMessage(encodeMetadataMessage(message))).toEqual(message);
  });

  it("is ignored when its type is not known", () => {
    expect(parseMetadataMessage(encodeBencode({ msg_type: 9 }))).toBeUndefined();
  });

  it.each([
    ["a piece beyond the largest metadata", encodeBencode({ msg_type: 0, piece: 1920 })],
    ["a negative piece", encodeBencode({ msg_type: 0, piece: -1 })],
    ["no piece", encodeBencode({ msg_type: 0 })],
    [
      "a total size above the cap",
      encodeBencode({ msg_type: 1, piece: 0, total_size: MAX_METADATA_BYTES + 1 }),
    ],
    ["less data than the size says", Buffer.from("d8:msg_typei1e5:piecei0e10:total_sizei5eeabcd")],
    ["more data than the size says", Buffer.from("d8:msg_typei1e5:piecei0e10:total_sizei5eeabcdef")],
    ["a piece behind the total size", Buffer.from("d8:msg_typei1e5:piecei1e10:total_sizei5eeabcde")],
  ])("is refused with %s", (_name, payload) => {
    expect(() => parseMetadataMessage(payload)).toThrow(UNREADABLE);
  });
});

it("arbitrary payloads give nothing but a WireError", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (payload) => {
      for (const parse of [parseExtendedHandshake, parseMetadataMessage]) {
        try {
          parse(payload);
        } catch (error) {
          expect(error).toBeInstanceOf(WireError);
        }
      }
    }),
  );
});
