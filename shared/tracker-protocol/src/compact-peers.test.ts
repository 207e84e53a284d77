import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeCompactPeers, maxPeersInAnswer, parseCompactPeers } from "./compact-peers.js";
import { TrackerProtocolError } from "./tracker-protocol-error.js";

const port = fc.integer({ min: 1, max: 65535 });
const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });

describe("compact peers", () => {
  it("are read back as they were packed", () => {
    const peers = fc.array(fc.record({ host: fc.ipV4(), port }));
    fc.assert(
      fc.property(peers, (list) => {
        expect(parseCompactPeers(encodeCompactPeers(list).ipv4, "ipv4")).toEqual(list);
      }),
    );
    fc.assert(
      fc.property(bytes(16), port, (ip, number) => {
        const packed = Uint8Array.of(...ip, number >> 8, number & 0xff);
        expect(encodeCompactPeers(parseCompactPeers(packed, "ipv6")).ipv6).toEqual(Buffer.from(packed));
      }),
    );
  });

  it("sort an IPv4-mapped peer to IPv4", () => {
    const { ipv4, ipv6 } = encodeCompactPeers([{ host: "::ffff:192.0.2.1", port: 258 }]);
    expect([...ipv4]).toEqual([192, 0, 2, 1, 1, 2]);
    expect(ipv6).toHaveLength(0);
  });

  it("leave out port 0, and more peers than anyone needs", () => {
    expect(parseCompactPeers(Uint8Array.of(1, 2, 3, 4, 0, 0, 1, 2, 3, 4, 0, 7), "ipv4")).toEqual([
      { host: "1.2.3.4", port: 7 },
    ]);
    expect(parseCompactPeers(new Uint8Array(6 * 100_000).fill(1), "ipv4")).toHaveLength(maxPeersInAnswer);
  });

  it("refuse half a peer, host names and bad ports", () => {
    expect(() => parseCompactPeers(new Uint8Array(7), "ipv4")).toThrow(TrackerProtocolError);
    expect(() => encodeCompactPeers([{ host: "example.org", port: 1 }])).toThrow("not an IP address");
    expect(() => encodeCompactPeers([{ host: "192.0.2.1", port: 0 }])).toThrow("not a port");
  });
});
