import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MetainfoError } from "./error.js";
import { formatMagnet, parseInfoHash, parseMagnet } from "./magnet.js";

const HEX = "c12fe1c06bba254a9dc9f519b335aa7c1367a88a";
const BASE32 = "YEX6DQDLXISUVHOJ6UM3GNNKPQJWPKEK";
const infoHash = new Uint8Array(Buffer.from(HEX, "hex"));
const withCode = (code: string) => expect.objectContaining({ code });

describe("parseMagnet", () => {
  it("reads info hash, name, trackers and peers", () => {
    const link = parseMagnet(
      `magnet:?xt=urn:btih:${HEX}&dn=a+name%20here&tr=udp%3A%2F%2Ftracker.example%3A6969&tr.1=http://tracker.example/ann` +
        "&tr=udp%3A%2F%2Ftracker.example%3A6969&x.pe=192.0.2.1:6881&x.pe=[2001:db8::1]:6882&x.pe=peer.example:1",
    );
    expect(link).toEqual({
      infoHash,
      displayName: "a name here",
      trackers: ["udp://tracker.example:6969", "http://tracker.example/ann"],
      peers: [
        { host: "192.0.2.1", port: 6881 },
        { host: "2001:db8::1", port: 6882 },
        { host: "peer.example", port: 1 },
      ],
    });
  });

  it("reads base32 and any letter case", () => {
    for (const link of [
      `magnet:?xt=urn:btih:${BASE32}`,
      `MAGNET:?xt=URN:BTIH:${BASE32.toLowerCase()}`,
      `magnet:?xt.1=urn:btih:${HEX.toUpperCase()}`,
    ]) {
      expect(parseMagnet(link)).toEqual({ infoHash, displayName: undefined, trackers: [], peers: [] });
    }
  });

  it("leaves out peers that are none", () => {
    const peers = [
      "host",
      ":1",
      "host:0",
      "host:65536",
      "2001:db8::1:5",
      "[]:1",
      "a b:1",
      "user@host:1",
      "h:1/x",
    ];
    const fields = peers.map((peer) => `&x.pe=${encodeURIComponent(peer)}`).join("");
    expect(parseMagnet(`magnet:?xt=urn:btih:${HEX}${fields}`).peers).toEqual([]);
  });

  it("reads a hybrid link by its v1 hash and says so when there is only a v2 hash", () => {
    const v2 = `urn:btmh:1220${"ab".repeat(32)}`;
    expect(parseMagnet(`magnet:?xt=${v2}&xt=urn:btih:${HEX}`).infoHash).toEqual(infoHash);
    expect(() => parseMagnet(`magnet:?xt=${v2}`)).toThrow(withCode("V2_ONLY"));
  });

  it.each([
    ["http://example.com/?xt=urn:btih:", "NOT_A_MAGNET_LINK"],
    ["", "NOT_A_MAGNET_LINK"],
    [`magnet:?${"a".repeat(70_000)}`, "NOT_A_MAGNET_LINK"],
    ["magnet:?dn=name", "BAD_INFO_HASH"],
    ["magnet:?xt=urn:btih:1234", "BAD_INFO_HASH"],
    [`magnet:?xt=urn:btih:${"1".repeat(32)}`, "BAD_INFO_HASH"],
    [`magnet:?xt=urn:btih:${HEX}&xt=urn:btih:${"0".repeat(40)}`, "BAD_INFO_HASH"],
    [`magnet:?xt=urn:sha1:${BASE32}`, "BAD_INFO_HASH"],
  ])("refuses %.60s with %s", (link, code) => {
    expect(() => parseMagnet(link)).toThrow(withCode(code));
  });

  it("fails on arbitrary text with a MetainfoError and nothing else", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 200 }), (text) => {
        for (const link of [text, `magnet:?${text}`, `magnet:?xt=urn:btih:${HEX}&${text}`]) {
          try {
            parseMagnet(link);
          } catch (error) {
            expect(error).toBeInstanceOf(MetainfoError);
          }
        }
      }),
    );
  });
});

describe("formatMagnet", () => {
  it("is undone by parseMagnet", () => {
    const text = fc.string({ unit: "grapheme", minLength: 1, maxLength: 30 });
    const host = fc.oneof(fc.ipV4(), fc.ipV6(), fc.domain());
    fc.assert(
      fc.property(
        fc.record({
          infoHash: fc.uint8Array({ minLength: 20, maxLength: 20 }),
          displayName: fc.option(text, { nil: undefined }),
          trackers: fc.uniqueArray(fc.oneof(fc.webUrl(), text), { maxLength: 4 }),
          peers: fc.array(fc.record({ host, port: fc.integer({ min: 1, max: 65_535 }) }), { maxLength: 4 }),
        }),
        (link) => {
          expect(parseMagnet(formatMagnet(link))).toEqual(link);
        },
      ),
    );
  });
});

describe("parseInfoHash", () => {
  it("reads hex and base32 alike", () => {
    expect(parseInfoHash(HEX)).toEqual(infoHash);
    expect(parseInfoHash(BASE32)).toEqual(infoHash);
    expect(() => parseInfoHash(`${HEX}0`)).toThrow(withCode("BAD_INFO_HASH"));
  });
});
