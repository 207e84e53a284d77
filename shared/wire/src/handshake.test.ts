import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  encodeHandshake,
  encodeReserved,
  HandshakeReader,
  supportsDht,
  supportsExtensions,
  supportsFast,
} from "./handshake.js";

const HANDSHAKE = {
  reserved: encodeReserved({ extensions: true, fast: true, dht: true }),
  infoHash: new Uint8Array(20).fill(0x11),
  peerId: new Uint8Array(20).fill(0x22),
};

describe("encodeHandshake", () => {
  it("writes the 68 bytes of BEP 3", () => {
    expect(Buffer.from(encodeHandshake(HANDSHAKE)).toString("hex")).toBe(
      `13426974546f7272656e742070726f746f636f6c0000000000100005${"11".repeat(20)}${"22".repeat(20)}`,
    );
  });

  it("refuses a hash of 32 bytes", () => {
    expect(() => encodeHandshake({ ...HANDSHAKE, infoHash: new Uint8Array(32) })).toThrow(RangeError);
  });
});

describe("HandshakeReader", () => {
  it("takes exactly 68 bytes, however they are split", () => {
    const stream = new Uint8Array([...encodeHandshake(HANDSHAKE), 0, 0, 0, 1, 2]);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }), (sizes) => {
        const reader = new HandshakeReader();
        let at = 0;
        for (let turn = 0; reader.handshake === undefined; turn++) {
          at += reader.push(stream.subarray(at, at + (sizes[turn % sizes.length] ?? 1)));
        }
        expect(at).toBe(68);
        expect(reader.handshake).toEqual(HANDSHAKE);
        expect(reader.push(stream.subarray(at))).toBe(0);
      }),
    );
  });

  it.each(["\x12BitTorrent", "\x13BitTorrent protokol", "GET / HTTP/1.1\r\n"])("refuses %j", (text) => {
    expect(() => new HandshakeReader().push(Buffer.from(text))).toThrow(
      expect.objectContaining({ code: "BAD_HANDSHAKE" }),
    );
  });

  it("waits for more as long as the bytes could become a handshake", () => {
    const reader = new HandshakeReader();
    expect(reader.push(Buffer.from("\x13BitTorrent"))).toBe(11);
    expect(reader.handshake).toBeUndefined();
  });
});

describe("the reserved bits", () => {
  it.each([
    [{ extensions: true }, [0, 0, 0, 0, 0, 0x10, 0, 0]],
    [{ fast: true }, [0, 0, 0, 0, 0, 0, 0, 4]],
    [{ dht: true }, [0, 0, 0, 0, 0, 0, 0, 1]],
    [{}, [0, 0, 0, 0, 0, 0, 0, 0]],
  ])("announce %j as %j, and are read back", (features, bytes) => {
    const reserved = encodeReserved(features);
    expect([...reserved]).toEqual(bytes);
    expect(supportsExtensions(reserved)).toBe("extensions" in features);
    expect(supportsFast(reserved)).toBe("fast" in features);
    expect(supportsDht(reserved)).toBe("dht" in features);
  });
});
