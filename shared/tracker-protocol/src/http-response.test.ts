import { encodeBencode } from "@swarmlab/bencode/encode";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { AnnounceResponse, ScrapeEntry } from "./announce.js";
import { encodeCompactPeers, type PeerAddress } from "./compact-peers.js";
import { compactResponseOverheadBytes, writeCompactAnnounceResponse } from "./compact-response.js";
import {
  encodeAnnounceResponse,
  encodeFailure,
  encodeScrapeResponse,
  parseAnnounceResponse,
  parseScrapeResponse,
} from "./http-response.js";
import { TrackerProtocolError } from "./tracker-protocol-error.js";

const count = fc.integer({ min: 0, max: 2 ** 31 });
const port = fc.integer({ min: 1, max: 65535 });
const ipv4Peer = fc.record({ host: fc.ipV4(), port });
const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });

const response: fc.Arbitrary<AnnounceResponse<PeerAddress>> = fc.record({
  intervalSeconds: count,
  minIntervalSeconds: optional(count),
  seeders: optional(count),
  leechers: optional(count),
  warning: optional(fc.string({ unit: "grapheme", maxLength: 50 })),
  trackerId: optional(fc.uint8Array({ maxLength: 20 })),
  peers: fc.array(ipv4Peer),
});

describe("parseAnnounceResponse", () => {
  it("reads back lists of dictionaries", () => {
    fc.assert(
      fc.property(response, (sent) => {
        expect(parseAnnounceResponse(encodeAnnounceResponse(sent))).toEqual(sent);
      }),
    );
  });

  it("reads back compact answers of both families", () => {
    const head = fc.record({
      intervalSeconds: count,
      minIntervalSeconds: count,
      seeders: count,
      leechers: count,
    });
    fc.assert(
      fc.property(head, fc.array(ipv4Peer), fc.array(port), (figures, peers, ports) => {
        const peers6 = ports.map((number) => ({ host: "2001:db8::1", port: number }));
        const { ipv4, ipv6 } = encodeCompactPeers([...peers, ...peers6]);
        const buffer = Buffer.alloc(7 + compactResponseOverheadBytes + ipv4.length + ipv6.length);
        const end = writeCompactAnnounceResponse(buffer, 7, { ...figures, peers: ipv4, peers6: ipv6 });
        expect(parseAnnounceResponse(buffer.subarray(7, end))).toEqual({
          ...figures,
          warning: undefined,
          trackerId: undefined,
          peers: [...peers, ...peers6],
        });
      }),
    );
  });

  it("tells the tracker's refusal", () => {
    expect(() => parseAnnounceResponse(encodeFailure("not today"))).toThrow(
      expect.objectContaining({ code: "REFUSED", message: "not today" }),
    );
  });

  it("leaves out peers that are host names, our own network's names included", () => {
    const peers = [
      { ip: "localhost", port: 1 },
      { ip: "192.0.2.1", port: 2, "peer id": new Uint8Array(20) },
      { ip: "192.0.2.1", port: 0 },
    ];
    expect(parseAnnounceResponse(encodeBencode({ interval: 1, peers })).peers).toEqual([
      { host: "192.0.2.1", port: 2 },
    ]);
  });

  it.each([
    { interval: -1 },
    { interval: "60" },
    { interval: 60, peers: 7 },
    { interval: 60, peers: "12345" },
    { interval: 60, peers: [7] },
    { interval: 60, peers: [{ ip: "192.0.2.1", port: 65536 }] },
    { interval: 60, complete: -2 },
    { "failure reason": 7 },
    {},
  ])("refuses %j", (dict) => {
    expect(() => parseAnnounceResponse(encodeBencode(dict))).toThrow(TrackerProtocolError);
  });

  it("gives an answer or a TrackerProtocolError for any bytes", () => {
    const anything = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      response.map(encodeAnnounceResponse).map((bytes) => bytes.subarray(3)),
    );
    fc.assert(
      fc.property(anything, (bytes) => {
        for (const parse of [parseAnnounceResponse, parseScrapeResponse]) {
          try {
            parse(bytes);
          } catch (error) {
            expect(error).toBeInstanceOf(TrackerProtocolError);
          }
        }
      }),
    );
  });
});

describe("parseScrapeResponse", () => {
  it("reads back what encodeScrapeResponse writes", () => {
    const entry = fc.record({ seeders: count, leechers: count, completed: count });
    const infoHash = fc.uint8Array({ minLength: 20, maxLength: 20 });
    const entries = fc.uniqueArray(fc.record({ infoHash, entry }), {
      selector: ({ infoHash: bytes }) => Buffer.from(bytes).toString("hex"),
    });
    fc.assert(
      fc.property(entries, (sent) => {
        const expected = sent.map<[string, ScrapeEntry]>(({ infoHash: bytes, entry: figures }) => [
          Buffer.from(bytes).toString("hex"),
          figures,
        ]);
        expect(parseScrapeResponse(encodeScrapeResponse(sent))).toEqual(new Map(expected));
      }),
    );
  });
});
