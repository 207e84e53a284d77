import { isIP } from "node:net";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatIp, parseIp } from "./ip-address.js";

const size = fc.constantFrom<4 | 16>(4, 16);

describe("parseIp and formatIp", () => {
  it("turn bytes to text and back", () => {
    fc.assert(
      fc.property(size, fc.uint8Array({ minLength: 16, maxLength: 16 }), (length, bytes) => {
        const text = formatIp(bytes, 0, length);
        expect(isIP(text)).toBe(length === 4 ? 4 : 6);
        expect(parseIp(text)).toEqual(bytes.subarray(0, length));
      }),
    );
  });

  it("read every address that the system knows as one, and nothing else", () => {
    const text = fc.oneof(fc.ipV4(), fc.ipV6(), fc.string(), fc.stringMatching(/^[0-9a-f:.]{1,20}$/));
    fc.assert(
      fc.property(text, (address) => {
        expect(parseIp(address) !== undefined).toBe(isIP(address) !== 0);
      }),
      { numRuns: 1000 },
    );
  });

  it.each([
    ["2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
    ["::", "::"],
    ["::1", "::1"],
    ["1::", "1::"],
    ["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
    ["::ffff:192.0.2.1", "192.0.2.1"],
    ["64:ff9b::192.0.2.1", "64:ff9b::c000:201"],
    ["fe80::1%eth0", "fe80::1"],
  ])("write %s as %s", (written, canonical) => {
    const bytes = parseIp(written) ?? new Uint8Array();
    expect(formatIp(bytes, 0, bytes.length === 4 ? 4 : 16)).toBe(canonical);
  });

  it.each([
    "256.1.1.1",
    "1.2.3",
    "1.2.3.4.5",
    "01.2.3.4",
    "1::2::3",
    "1:2:3:4:5:6:7:8:9",
    "::1.2.3.256",
    "1.2.3.4::",
  ])("refuse %s", (text) => {
    expect(parseIp(text)).toBeUndefined();
  });
});
