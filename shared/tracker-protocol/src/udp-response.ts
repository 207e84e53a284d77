import type { AnnounceResponse, ScrapeEntry } from "./announce.js";
import { compactPeerBytes, type PeerAddress, parseCompactPeers } from "./compact-peers.js";
import { udpAction } from "./udp-constants.js";
import type { UdpConnectionId } from "./udp-request.js";

/** A response of BEP 15. Peers have the family of the socket that the response came by. */
export type UdpResponse =
  | { readonly action: "connect"; readonly transactionId: number; readonly connectionId: UdpConnectionId }
  | ({ readonly action: "announce"; readonly transactionId: number } & AnnounceResponse<PeerAddress>)
  | { readonly action: "scrape"; readonly transactionId: number; readonly entries: readonly ScrapeEntry[] }
  | { readonly action: "error"; readonly transactionId: number; readonly message: string };

/** The bytes of an answer to an announce before its peers. */
export const udpAnnounceHeadBytes = 20;

/** Reads a response; undefined when the bytes are none. */
export function parseUdpResponse(
  bytes: Uint8Array,
  family: keyof typeof compactPeerBytes,
): UdpResponse | undefined {
  if (bytes.length < 8) return undefined;
  const packet = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const transactionId = packet.readUInt32BE(4);
  switch (packet.readUInt32BE(0)) {
    case udpAction.connect: {
      if (packet.length < 16) return undefined;
      const connectionId = { high: packet.readUInt32BE(8), low: packet.readUInt32BE(12) };
      return { action: "connect", transactionId, connectionId };
    }
    case udpAction.announce: {
      if (packet.length < udpAnnounceHeadBytes) return undefined;
      const wholePeers = packet.length - ((packet.length - udpAnnounceHeadBytes) % compactPeerBytes[family]);
      return {
        action: "announce",
        transactionId,
        intervalSeconds: packet.readUInt32BE(8),
        minIntervalSeconds: undefined,
        leechers: packet.readUInt32BE(12),
        seeders: packet.readUInt32BE(16),
        warning: undefined,
        trackerId: undefined,
        peers: parseCompactPeers(packet.subarray(udpAnnounceHeadBytes, wholePeers), family),
      };
    }
    case udpAction.scrape: {
      const entries: ScrapeEntry[] = [];
      for (let at = 8; at + 12 <= packet.length; at += 12) {
        entries.push({
          seeders: packet.readUInt32BE(at),
          completed: packet.readUInt32BE(at + 4),
          leechers: packet.readUInt32BE(at + 8),
        });
      }
      return { action: "scrape", transactionId, entries };
    }
    case udpAction.error:
      return { action: "error", transactionId, message: packet.toString("utf8", 8) };
    default:
      return undefined;
  }
}

/** Each `write…` fills `target` from its start and returns how many bytes that were, so that one buffer serves all answers. */
export function writeUdpConnectResponse(target: Buffer, transactionId: number, id: UdpConnectionId): number {
  writeHead(target, udpAction.connect, transactionId);
  target.writeUInt32BE(id.high, 8);
  target.writeUInt32BE(id.low, 12);
  return 16;
}

/** Writes all but the peers, whose packed bytes follow. */
export function writeUdpAnnounceHead(
  target: Buffer,
  transactionId: number,
  head: { readonly intervalSeconds: number; readonly leechers: number; readonly seeders: number },
): number {
  writeHead(target, udpAction.announce, transactionId);
  target.writeUInt32BE(head.intervalSeconds, 8);
  target.writeUInt32BE(head.leechers, 12);
  target.writeUInt32BE(head.seeders, 16);
  return udpAnnounceHeadBytes;
}

export function writeUdpScrapeResponse(
  target: Buffer,
  transactionId: number,
  entries: readonly ScrapeEntry[],
): number {
  writeHead(target, udpAction.scrape, transactionId);
  let at = 8;
  for (const { seeders, completed, leechers } of entries) {
    target.writeUInt32BE(seeders, at);
    target.writeUInt32BE(completed, at + 4);
    target.writeUInt32BE(leechers, at + 8);
    at += 12;
  }
  return at;
}

/** The message is cut to what `target` holds. */
export function writeUdpError(target: Buffer, transactionId: number, message: string): number {
  writeHead(target, udpAction.error, transactionId);
  return 8 + target.write(message, 8);
}

function writeHead(target: Buffer, action: number, transactionId: number): void {
  target.writeUInt32BE(action, 0);
  target.writeUInt32BE(transactionId, 4);
}
