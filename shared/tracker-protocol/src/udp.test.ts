import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { leftUnknown } from "./announce.js";
import { encodeCompactPeers } from "./compact-peers.js";
import { maxUdpScrapeTorrents } from "./udp-constants.js";
import {
  encodeUdpAnnounceRequest,
  encodeUdpConnectRequest,
  encodeUdpScrapeRequest,
  parseUdpRequest,
} from "./udp-request.js";
import {
  parseUdpResponse,
  writeUdpAnnounceHead,
  writeUdpConnectResponse,
  writeUdpError,
  writeUdpScrapeResponse,
} from "./udp-response.js";

const uint32 = fc.nat(0xffffffff);
const connectionId = fc.record({ high: uint32, low: uint32 });
const twentyBytes = fc.uint8Array({ minLength: 20, maxLength: 20 }).map((bytes) => Buffer.from(bytes));
const target = Buffer.alloc(2048);

describe("UDP requests", () => {
  it("are read back as they were written", () => {
    const announce = fc.record({
      connectionId,
      transactionId: uint32,
      infoHash: twentyBytes,
      peerId: twentyBytes,
      port: fc.integer({ min: 1, max: 65535 }),
      uploadedBytes: fc.maxSafeNat(),
      downloadedBytes: fc.maxSafeNat(),
      leftBytes: fc.maxSafeNat(),
      event: fc.constantFrom(undefined, "started" as const, "stopped" as const, "completed" as const),
      key: uint32,
      numWant: fc.option(fc.nat(0x7fffffff), { nil: undefined }),
      urlData: fc.stringMatching(/^[ -~]{0,600}$/),
    });
    fc.assert(
      fc.property(announce, (sent) => {
        expect(parseUdpRequest(encodeUdpAnnounceRequest(sent))).toEqual({ action: "announce", ...sent });
      }),
    );
    const scrape = fc.record({
      connectionId,
      transactionId: uint32,
      infoHashes: fc.array(twentyBytes, { minLength: 1, maxLength: maxUdpScrapeTorrents }),
    });
    fc.assert(
      fc.property(scrape, (sent) => {
        expect(parseUdpRequest(encodeUdpScrapeRequest(sent))).toEqual({ action: "scrape", ...sent });
      }),
    );
    expect(parseUdpRequest(encodeUdpConnectRequest(7))).toEqual({ action: "connect", transactionId: 7 });
  });

  it("have the layout of BEP 15", () => {
    const packet = encodeUdpAnnounceRequest({
      connectionId: { high: 0x01020304, low: 0x05060708 },
      transactionId: 0x0a0b0c0d,
      infoHash: new Uint8Array(20).fill(0x11),
      peerId: new Uint8Array(20).fill(0x22),
      downloadedBytes: 1,
      leftBytes: 2 ** 33,
      uploadedBytes: 3,
      event: "started",
      key: 4,
      numWant: undefined,
      port: 6881,
      urlData: "",
    });
    expect(Buffer.from(packet).toString("hex")).toBe(
      "0102030405060708" +
        "00000001" +
        "0a0b0c0d" +
        "11".repeat(20) +
        "22".repeat(20) +
        "0000000000000001" +
        "0000000200000000" +
        "0000000000000003" +
        "00000002" +
        "00000000" +
        "00000004" +
        "ffffffff" +
        "1ae1",
    );
    expect(Buffer.from(encodeUdpConnectRequest(1)).toString("hex")).toBe("00000417271019800000000000000001");
  });

  it("are read, found invalid, or not taken for one, whatever the bytes", () => {
    const head = fc.constantFrom("0000000000000000000000010000000a", "00000000000000000000000200000000", "");
    const anything = fc
      .tuple(head, fc.uint8Array({ maxLength: 200 }))
      .map(([hex, tail]) => Buffer.concat([Buffer.from(hex, "hex"), tail]));
    fc.assert(
      fc.property(anything, (bytes) => {
        parseUdpRequest(bytes);
        parseUdpResponse(bytes, "ipv4");
        parseUdpResponse(bytes, "ipv6");
      }),
    );
  });

  it("take figures beyond 2^53 for unknown", () => {
    const packet = Buffer.alloc(98, 0xff);
    packet.writeUInt32BE(1, 8);
    expect(parseUdpRequest(packet)).toMatchObject({
      leftBytes: leftUnknown,
      numWant: undefined,
      event: undefined,
    });
  });

  it("refuse port 0 and too large a scrape", () => {
    const announce = Buffer.alloc(98);
    announce.writeUInt32BE(1, 8);
    expect(parseUdpRequest(announce)).toMatchObject({
      action: "invalid",
      message: "port must be from 1 to 65535",
    });
    const scrape = Buffer.alloc(16 + 20 * (maxUdpScrapeTorrents + 1));
    scrape.writeUInt32BE(2, 8);
    expect(parseUdpRequest(scrape)).toMatchObject({
      action: "invalid",
      message: "more than 74 torrents in one scrape",
    });
  });
});

describe("UDP responses", () => {
  it("are read back as they were written", () => {
    const entry = fc.record({ seeders: uint32, completed: uint32, leechers: uint32 });
    fc.assert(
      fc.property(uint32, connectionId, fc.array(entry, { maxLength: 74 }), (transactionId, id, entries) => {
        const connect = target.subarray(0, writeUdpConnectResponse(target, transactionId, id));
        expect(parseUdpResponse(connect, "ipv4")).toEqual({
          action: "connect",
          transactionId,
          connectionId: id,
        });
        const scrape = target.subarray(0, writeUdpScrapeResponse(target, transactionId, entries));
        expect(parseUdpResponse(scrape, "ipv4")).toEqual({ action: "scrape", transactionId, entries });
        const error = target.subarray(0, writeUdpError(target, transactionId, "no"));
        expect(parseUdpResponse(error, "ipv4")).toEqual({ action: "error", transactionId, message: "no" });
      }),
    );
  });

  it.each(["ipv4", "ipv6"] as const)("carry %s peers", (family) => {
    const peers = [1, 2].map((port) => ({ host: family === "ipv4" ? "192.0.2.1" : "2001:db8::1", port }));
    const size = writeUdpAnnounceHead(target, 9, { intervalSeconds: 60, leechers: 2, seeders: 3 });
    const packed = encodeCompactPeers(peers)[family];
    const packet = Buffer.concat([target.subarray(0, size), packed, Uint8Array.of(1, 2, 3)]);
    expect(parseUdpResponse(packet, family)).toEqual({
      action: "announce",
      transactionId: 9,
      intervalSeconds: 60,
      minIntervalSeconds: undefined,
      leechers: 2,
      seeders: 3,
      warning: undefined,
      trackerId: undefined,
      peers,
    });
  });
});
