import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ConnectionIds } from "./connection-ids.js";
import { sipHash } from "./sip-hash.js";

describe("sipHash", () => {
  const key = Uint8Array.from({ length: 16 }, (_, i) => i);

  // From the reference implementation: the hash of the bytes 0, 1, … under the key 00 01 … 0f, in its byte order.
  it.each([
    [0, "310e0edd47db6f72"],
    [1, "fd67dc93c539f874"],
    [7, "37d1018bf50002ab"],
    [8, "6224939a79f5f593"],
    [15, "e545be4961ca29a1"],
    [63, "724506eb4c328a95"],
  ])("agrees with the reference on %d bytes", (length, expected) => {
    const { high, low } = sipHash(
      key,
      Uint8Array.from({ length }, (_, i) => i),
    );
    const bytes = Buffer.alloc(8);
    bytes.writeUInt32LE(low, 0);
    bytes.writeUInt32LE(high, 4);
    expect(bytes.toString("hex")).toBe(expected);
  });
});

describe("ConnectionIds", () => {
  const ip = fc.oneof(
    fc.uint8Array({ minLength: 4, maxLength: 4 }),
    fc.uint8Array({ minLength: 16, maxLength: 16 }),
  );
  const secret = fc.uint8Array({ minLength: 16, maxLength: 16 });

  it("accepts what it gave for two minutes, and no longer than four", () => {
    fc.assert(
      fc.property(ip, secret, fc.nat(1e12), (address, key, startMs) => {
        let nowMs = startMs;
        const ids = new ConnectionIds(key, () => nowMs);
        const id = ids.issue(address);
        nowMs += 120_000;
        expect(ids.accepts(id, address)).toBe(true);
        nowMs += 120_000;
        expect(ids.accepts(id, address)).toBe(false);
      }),
    );
  });

  it("accepts it from no other address, and under no other secret", () => {
    fc.assert(
      fc.property(ip, ip, secret, secret, (mine, yours, key, otherKey) => {
        const ids = new ConnectionIds(key, () => 0);
        const others = new ConnectionIds(otherKey, () => 0);
        const id = ids.issue(mine);
        expect(ids.accepts(id, yours)).toBe(Buffer.compare(mine, yours) === 0);
        expect(others.accepts(id, mine)).toBe(Buffer.compare(key, otherKey) === 0);
      }),
    );
  });
});
