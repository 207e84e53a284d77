import { type AnnounceRequest, leftUnknown } from "./announce.js";
import { percentDecode, percentEncode } from "./percent-encoding.js";
import { TrackerProtocolError } from "./tracker-protocol-error.js";

/** An announce over HTTP (BEP 3, BEP 23). The `ip`, `ipv4` and `ipv6` of a query are not read: they let a peer name others. */
export interface HttpAnnounceRequest extends AnnounceRequest {
  /** False for a client that asks for a list of dictionaries (`compact=0`). */
  readonly compact: boolean;
}

/** What a client adds to an announce over HTTP. */
export interface HttpAnnounceExtras {
  /** Shows the tracker that it is us although our address changed; 0 to 2^32 - 1. */
  readonly key: number;
  /** As the tracker gave it. */
  readonly trackerId?: Uint8Array | undefined;
  /** Our own IPv6 address, for a tracker that hears us over IPv4 (BEP 7). */
  readonly ipv6?: string | undefined;
}

/** More torrents in one scrape than this are refused. */
export const maxScrapeTorrents = 74;

/** `baseUrl` (the announce URL) with the announce in its query. */
export function announceUrl(baseUrl: string, request: AnnounceRequest, extras: HttpAnnounceExtras): string {
  const parts = [
    `info_hash=${percentEncode(request.infoHash)}`,
    `peer_id=${percentEncode(request.peerId)}`,
    `port=${request.port}`,
    `uploaded=${request.uploadedBytes}`,
    `downloaded=${request.downloadedBytes}`,
    `left=${request.leftBytes}`,
    "compact=1",
    "no_peer_id=1",
    `key=${extras.key.toString(16).padStart(8, "0")}`,
  ];
  if (request.numWant !== undefined) parts.push(`numwant=${request.numWant}`);
  if (request.event !== undefined) parts.push(`event=${request.event}`);
  if (extras.trackerId !== undefined) parts.push(`trackerid=${percentEncode(extras.trackerId)}`);
  if (extras.ipv6 !== undefined) parts.push(`ipv6=${encodeURIComponent(extras.ipv6)}`);
  return withQuery(baseUrl, parts);
}

/** The scrape URL that belongs to an announce URL (BEP 48), with the torrents in its query; undefined when there is none. */
export function scrapeUrl(announceUrl: string, infoHashes: readonly Uint8Array[]): string | undefined {
  const { origin, pathname, search } = new URL(announceUrl);
  const slash = pathname.lastIndexOf("/");
  if (!pathname.startsWith("/announce", slash)) return undefined;
  const path = `${pathname.slice(0, slash)}/scrape${pathname.slice(slash + "/announce".length)}`;
  return withQuery(
    origin + path + search,
    infoHashes.map((infoHash) => `info_hash=${percentEncode(infoHash)}`),
  );
}

function withQuery(url: string, parts: readonly string[]): string {
  const hash = url.indexOf("#");
  const base = hash < 0 ? url : url.slice(0, hash);
  return `${base}${base.includes("?") ? "&" : "?"}${parts.join("&")}`;
}

/** Reads the query of an announce, the bytes of a URL from `start` to `end` (without `?`). */
export function parseAnnounceQuery(bytes: Uint8Array, start: number, end: number): HttpAnnounceRequest {
  let infoHash: Uint8Array | undefined;
  let peerId: Uint8Array | undefined;
  let port: number | undefined;
  let uploadedBytes = 0;
  let downloadedBytes = 0;
  let leftBytes = leftUnknown;
  let event: AnnounceRequest["event"];
  let numWant: number | undefined;
  let compact = true;
  for (let from = start; from < end; ) {
    let equals = from;
    while (equals < end && bytes[equals] !== EQUALS && bytes[equals] !== AMPERSAND) equals++;
    let to = equals;
    while (to < end && bytes[to] !== AMPERSAND) to++;
    const value = Math.min(equals + 1, to);
    switch (fieldName(bytes, from, equals)) {
      case "info_hash":
        infoHash = twentyBytes(bytes, value, to, "info_hash");
        break;
      case "peer_id":
        peerId = twentyBytes(bytes, value, to, "peer_id");
        break;
      case "port":
        port = decimal(bytes, value, to);
        break;
      case "uploaded":
        uploadedBytes = decimal(bytes, value, to) ?? 0;
        break;
      case "downloaded":
        downloadedBytes = decimal(bytes, value, to) ?? 0;
        break;
      case "left":
        leftBytes = decimal(bytes, value, to) ?? leftUnknown;
        break;
      case "event":
        event = eventNames.find((name) => isText(bytes, value, to, name));
        break;
      case "numwant":
        numWant = decimal(bytes, value, to);
        break;
      case "compact":
        compact = !isText(bytes, value, to, "0");
        break;
    }
    from = to + 1;
  }
  if (infoHash === undefined) throw new TrackerProtocolError("MISSING_FIELD", "info_hash is missing");
  if (peerId === undefined) throw new TrackerProtocolError("MISSING_FIELD", "peer_id is missing");
  if (port === undefined || port < 1 || port > 65535) {
    throw new TrackerProtocolError("BAD_FIELD", "port must be from 1 to 65535");
  }
  return { infoHash, peerId, port, uploadedBytes, downloadedBytes, leftBytes, event, numWant, compact };
}

/** Reads the info hashes of a scrape query, the bytes of a URL from `start` to `end` (without `?`). */
export function parseScrapeQuery(bytes: Uint8Array, start: number, end: number): Uint8Array[] {
  const infoHashes: Uint8Array[] = [];
  for (let from = start; from < end; ) {
    let to = from;
    while (to < end && bytes[to] !== AMPERSAND) to++;
    const value = from + "info_hash=".length;
    if (value <= to && isText(bytes, from, value, "info_hash=")) {
      if (infoHashes.length === maxScrapeTorrents) {
        throw new TrackerProtocolError("TOO_LARGE", `more than ${maxScrapeTorrents} torrents in one scrape`);
      }
      infoHashes.push(twentyBytes(bytes, value, to, "info_hash"));
    }
    from = to + 1;
  }
  if (infoHashes.length === 0) throw new TrackerProtocolError("MISSING_FIELD", "info_hash is missing");
  return infoHashes;
}

const AMPERSAND = 0x26;
const EQUALS = 0x3d;
const eventNames = ["started", "stopped", "completed"] as const;
const fieldNames = [
  "info_hash",
  "peer_id",
  "port",
  "uploaded",
  "downloaded",
  "left",
  "event",
  "numwant",
  "compact",
] as const;

/** The name from `start` to `end`, when it is one that we read. No text is made of it. */
function fieldName(bytes: Uint8Array, start: number, end: number): (typeof fieldNames)[number] | undefined {
  for (const name of fieldNames) if (isText(bytes, start, end, name)) return name;
  return undefined;
}

function isText(bytes: Uint8Array, start: number, end: number, text: string): boolean {
  if (end - start !== text.length) return false;
  for (let i = 0; i < text.length; i++) if (bytes[start + i] !== text.charCodeAt(i)) return false;
  return true;
}

/** A whole number; undefined for anything else, negative ones (`-1` for "not known") included. */
function decimal(bytes: Uint8Array, start: number, end: number): number | undefined {
  if (end === start) return undefined;
  let value = 0;
  for (let i = start; i < end; i++) {
    const digit = (bytes[i] ?? 0) - 0x30;
    if (digit < 0 || digit > 9) return undefined;
    value = value * 10 + digit;
  }
  return Math.min(value, Number.MAX_SAFE_INTEGER);
}

function twentyBytes(bytes: Uint8Array, start: number, end: number, name: string): Uint8Array {
  const target = new Uint8Array(20);
  if (percentDecode(bytes, start, end, target) !== 20) {
    throw new TrackerProtocolError("BAD_FIELD", `${name} must be 20 bytes`);
  }
  return target;
}
