import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseIpPrefix, prefixKey, wordMask } from "./ip-prefix.js";

describe("a prefix", () => {
  it.each([
    ["10.0.0.7", 4, [0x0a000007], 32],
    ["255.255.255.255", 4, [0xffffffff], 32],
    ["10.1.2.3/8", 4, [0x0a000000], 8],
    ["10.1.2.3/0", 4, [0], 0],
    ["fd00::7", 6, [0xfd000000, 0, 0, 7], 128],
    ["::", 6, [0, 0, 0, 0], 128],
    ["::1", 6, [0, 0, 0, 1], 128],
    ["fd00:1:2:3:4:5:6:7/64", 6, [0xfd000001, 0x00020003, 0, 0], 64],
    ["fd00:1:2:3:4:5:6:7/36", 6, [0xfd000001, 0, 0, 0], 36],
    ["::ffff:10.0.0.7", 6, [0, 0, 0xffff, 0x0a000007], 128],
    ["1:2:3:4:5:6:10.0.0.7", 6, [0x00010002, 0x00030004, 0x00050006, 0x0a000007], 128],
  ])("of %s is read", (text, family, words, length) => {
    expect(parseIpPrefix(text)).toEqual({ family, words, length });
  });

  it.each([
    "",
    "10.0.0",
    "10.0.0.256",
    "10.0.0.1/33",
    "10.0.0.1/",
    "10.0.0.1/8/8",
    "10.0.0.1/-1",
    "10.0.0.1/1e1",
    "fd00::1/129",
    "fe80::1%eth0",
    "host.example",
    "10.0.0.1 flowid 1:1",
    `${"0".repeat(100)}1.0.0.0`,
  ])("is not made of %j", (text) => {
    expect(() => parseIpPrefix(text)).toThrow(expect.objectContaining({ code: "BAD_ADDRESS" }));
  });

  it("of any IPv4 address and length holds the bits of its address and no others", () => {
    fc.assert(
      fc.property(fc.ipV4(), fc.integer({ min: 0, max: 32 }), (address, length) => {
        const { words } = parseIpPrefix(`${address}/${length}`);
        const all = parseIpPrefix(address).words[0] ?? 0;
        expect(words).toEqual([(all & wordMask(length, 0)) >>> 0]);
      }),
    );
  });

  it("of any IPv6 address is the one that a URL makes of it", () => {
    fc.assert(
      fc.property(fc.ipV6(), (address) => {
        const canonical = new URL(`http://[${address}]/`).hostname.slice(1, -1);
        expect(prefixKey(parseIpPrefix(address))).toBe(prefixKey(parseIpPrefix(canonical)));
      }),
    );
  });

  it("is refused with a coded error if it is made of any other text", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 80 }), (text) => {
        try {
          parseIpPrefix(text);
        } catch (error) {
          expect(error).toMatchObject({ code: "BAD_ADDRESS" });
        }
      }),
    );
  });
});
