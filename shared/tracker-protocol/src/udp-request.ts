import { type AnnounceRequest, leftUnknown } from "./announce.js";
import { maxUdpScrapeTorrents, udpAction, udpEvents } from "./udp-constants.js";

/** A request of BEP 15. The `ip` field of an announce is not read: it would let a peer name others. */
export type UdpRequest = UdpConnectRequest | UdpAnnounceRequest | UdpScrapeRequest | UdpInvalidRequest;

interface UdpConnectRequest {
  readonly action: "connect";
  readonly transactionId: number;
}

export interface UdpAnnounceRequest extends AnnounceRequest {
  readonly action: "announce";
  readonly connectionId: UdpConnectionId;
  readonly transactionId: number;
  readonly key: number;
  /** Path and query of the tracker's URL (BEP 41); empty when the client sent none. */
  readonly urlData: string;
}

export interface UdpScrapeRequest {
  readonly action: "scrape";
  readonly connectionId: UdpConnectionId;
  readonly transactionId: number;
  readonly infoHashes: readonly Uint8Array[];
}

/** A request with a field that cannot be; `message` says which. No exception, as anyone may send a flood of these. */
interface UdpInvalidRequest {
  readonly action: "invalid";
  readonly connectionId: UdpConnectionId;
  readonly transactionId: number;
  readonly message: string;
}

/** 64 bits as two halves, so that no bigint is made for each packet. */
export interface UdpConnectionId {
  readonly high: number;
  readonly low: number;
}

const protocolIdHigh = 0x417;
const protocolIdLow = 0x27101980;
const connectBytes = 16;
const announceBytes = 98;
const urlDataOption = 2;

/** Reads a request; undefined when the bytes are none. Info hashes and peer ids are views of `bytes`. */
export function parseUdpRequest(bytes: Uint8Array): UdpRequest | undefined {
  if (bytes.length < connectBytes) return undefined;
  const packet = asBuffer(bytes);
  const connectionId = { high: packet.readUInt32BE(0), low: packet.readUInt32BE(4) };
  const transactionId = packet.readUInt32BE(12);
  switch (packet.readUInt32BE(8)) {
    case udpAction.connect: {
      const isProtocol = connectionId.high === protocolIdHigh && connectionId.low === protocolIdLow;
      return isProtocol ? { action: "connect", transactionId } : undefined;
    }
    case udpAction.announce:
      return parseAnnounce(packet, connectionId, transactionId);
    case udpAction.scrape:
      return parseScrape(packet, connectionId, transactionId);
    default:
      return undefined;
  }
}

function parseAnnounce(
  packet: Buffer,
  connectionId: UdpConnectionId,
  transactionId: number,
): UdpAnnounceRequest | UdpInvalidRequest | undefined {
  if (packet.length < announceBytes) return undefined;
  const port = packet.readUInt16BE(96);
  if (port === 0) {
    return { action: "invalid", connectionId, transactionId, message: "port must be from 1 to 65535" };
  }
  const numWant = packet.readInt32BE(92);
  return {
    action: "announce",
    connectionId,
    transactionId,
    infoHash: packet.subarray(16, 36),
    peerId: packet.subarray(36, 56),
    downloadedBytes: readUint64(packet, 56),
    leftBytes: readUint64(packet, 64),
    uploadedBytes: readUint64(packet, 72),
    event: udpEvents[packet.readUInt32BE(80)],
    key: packet.readUInt32BE(88),
    numWant: numWant < 0 ? undefined : numWant,
    port,
    urlData: packet.length === announceBytes ? "" : readUrlData(packet),
  };
}

function parseScrape(
  packet: Buffer,
  connectionId: UdpConnectionId,
  transactionId: number,
): UdpScrapeRequest | UdpInvalidRequest | undefined {
  const count = Math.floor((packet.length - connectBytes) / 20);
  if (count === 0) return undefined;
  if (count > maxUdpScrapeTorrents) {
    const message = `more than ${maxUdpScrapeTorrents} torrents in one scrape`;
    return { action: "invalid", connectionId, transactionId, message };
  }
  const infoHashes = Array.from({ length: count }, (_, i) => packet.subarray(16 + 20 * i, 36 + 20 * i));
  return { action: "scrape", connectionId, transactionId, infoHashes };
}

export function encodeUdpConnectRequest(transactionId: number): Uint8Array {
  const packet = Buffer.alloc(connectBytes);
  writeHead(packet, { high: protocolIdHigh, low: protocolIdLow }, udpAction.connect, transactionId);
  return packet;
}

export function encodeUdpAnnounceRequest(request: Omit<UdpAnnounceRequest, "action">): Uint8Array {
  const urlData = urlDataOptions(request.urlData);
  const packet = Buffer.alloc(announceBytes + urlData.length);
  writeHead(packet, request.connectionId, udpAction.announce, request.transactionId);
  packet.set(request.infoHash, 16);
  packet.set(request.peerId, 36);
  writeUint64(packet, 56, request.downloadedBytes);
  writeUint64(packet, 64, request.leftBytes);
  writeUint64(packet, 72, request.uploadedBytes);
  packet.writeUInt32BE(Math.max(0, udpEvents.indexOf(request.event)), 80);
  packet.writeUInt32BE(request.key, 88);
  packet.writeInt32BE(request.numWant ?? -1, 92);
  packet.writeUInt16BE(request.port, 96);
  packet.set(urlData, announceBytes);
  return packet;
}

export function encodeUdpScrapeRequest(request: Omit<UdpScrapeRequest, "action">): Uint8Array {
  const packet = Buffer.alloc(connectBytes + 20 * request.infoHashes.length);
  writeHead(packet, request.connectionId, udpAction.scrape, request.transactionId);
  for (const [i, infoHash] of request.infoHashes.entries()) packet.set(infoHash, connectBytes + 20 * i);
  return packet;
}

function writeHead(packet: Buffer, id: UdpConnectionId, action: number, transactionId: number): void {
  packet.writeUInt32BE(id.high, 0);
  packet.writeUInt32BE(id.low, 4);
  packet.writeUInt32BE(action, 8);
  packet.writeUInt32BE(transactionId, 12);
}

/** Joins the URL data options of BEP 41. What is no option ends them; it is not worth an error. */
function readUrlData(packet: Buffer): string {
  let text = "";
  for (let at = announceBytes; at < packet.length; ) {
    const option = packet[at];
    if (option === 1) {
      at++;
      continue;
    }
    const length = packet[at + 1];
    if (option !== urlDataOption || length === undefined || at + 2 + length > packet.length) break;
    text += packet.toString("latin1", at + 2, at + 2 + length);
    at += 2 + length;
  }
  return text;
}

function urlDataOptions(urlData: string): Uint8Array {
  const bytes = Buffer.from(urlData, "latin1");
  const parts: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += 255) {
    const part = bytes.subarray(at, at + 255);
    parts.push(Uint8Array.of(urlDataOption, part.length), part);
  }
  return Buffer.concat(parts);
}

/** As a number, exact up to 2^53; what is larger counts as unknown. */
function readUint64(packet: Buffer, offset: number): number {
  return Math.min(packet.readUInt32BE(offset) * 2 ** 32 + packet.readUInt32BE(offset + 4), leftUnknown);
}

function writeUint64(packet: Buffer, offset: number, value: number): void {
  packet.writeUInt32BE(Math.floor(value / 2 ** 32), offset);
  packet.writeUInt32BE(value % 2 ** 32, offset + 4);
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
