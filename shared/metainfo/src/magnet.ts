import { MetainfoError } from "./error.js";
import { HASH_BYTES } from "./info.js";

/** A magnet link (BEP 9): a torrent by its info hash, and hints where to find peers. */
export interface MagnetLink {
  /** 20 bytes. */
  readonly infoHash: Uint8Array;
  /** For people only: never a file name. */
  readonly displayName: string | undefined;
  /** Tracker URLs as they were written, each once. */
  readonly trackers: readonly string[];
  readonly peers: readonly MagnetPeer[];
}

interface MagnetPeer {
  /** A host name or an IP literal (IPv6 without brackets). */
  readonly host: string;
  readonly port: number;
}

const SCHEME = "magnet:?";
const MAX_LINK_CHARACTERS = 64 * 1024;
const BTIH = "urn:btih:";
const BTMH = "urn:btmh:";

/**
 * Reads a magnet link: the info hash in hex or base32, `dn`, `tr` and `x.pe`. Peers that are not
 * `host:port` are left out, for they are hints only.
 * @throws MetainfoError with code `NOT_A_MAGNET_LINK`, `BAD_INFO_HASH`, or `V2_ONLY` when its only hash is a v2 one
 */
export function parseMagnet(link: string): MagnetLink {
  if (link.slice(0, SCHEME.length).toLowerCase() !== SCHEME || link.length > MAX_LINK_CHARACTERS) {
    throw new MetainfoError("NOT_A_MAGNET_LINK", "not a magnet link");
  }
  const query = new URLSearchParams(link.slice(SCHEME.length));
  const valuesOf = (field: string) =>
    [...query].filter(([key, value]) => baseKey(key) === field && value !== "").map(([, value]) => value);
  return {
    infoHash: readInfoHash(valuesOf("xt")),
    displayName: valuesOf("dn")[0],
    trackers: [...new Set(valuesOf("tr"))],
    peers: valuesOf("x.pe").flatMap((text) => parsePeer(text) ?? []),
  };
}

/** Writes a magnet link with the info hash in hex. */
export function formatMagnet(link: MagnetLink): string {
  const fields = [`xt=${BTIH}${Buffer.from(link.infoHash).toString("hex")}`];
  if (link.displayName !== undefined) fields.push(`dn=${encodeURIComponent(link.displayName)}`);
  for (const url of link.trackers) fields.push(`tr=${encodeURIComponent(url)}`);
  for (const { host, port } of link.peers) {
    fields.push(`x.pe=${encodeURIComponent(host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`)}`);
  }
  return SCHEME + fields.join("&");
}

/** Several values of one field may be numbered: `tr.1`, `tr.2`. */
function baseKey(key: string): string {
  return key.replace(/\.\d+$/, "");
}

function readInfoHash(topics: readonly string[]): Uint8Array {
  const found = new Map<string, Uint8Array>();
  for (const topic of topics) {
    if (!topic.toLowerCase().startsWith(BTIH)) continue;
    const hash = parseInfoHash(topic.slice(BTIH.length));
    found.set(Buffer.from(hash).toString("hex"), hash);
  }
  const [infoHash, second] = found.values();
  if (second !== undefined)
    throw new MetainfoError("BAD_INFO_HASH", "the magnet link names several torrents");
  if (infoHash !== undefined) return infoHash;
  if (topics.some((topic) => topic.toLowerCase().startsWith(BTMH))) {
    throw new MetainfoError("V2_ONLY", "this magnet link is BitTorrent v2 only, which is not supported");
  }
  throw new MetainfoError("BAD_INFO_HASH", "the magnet link has no info hash");
}

/**
 * Reads an info hash as people write it: 40 hex digits or 32 letters and digits of base32.
 * @throws MetainfoError with code `BAD_INFO_HASH`
 */
export function parseInfoHash(text: string): Uint8Array {
  if (/^[0-9a-f]{40}$/i.test(text)) return new Uint8Array(Buffer.from(text, "hex"));
  if (/^[a-z2-7]{32}$/i.test(text)) return decodeBase32(text.toUpperCase());
  throw new MetainfoError("BAD_INFO_HASH", "an info hash is 40 hex digits or 32 characters of base32");
}

const BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

function decodeBase32(text: string): Uint8Array {
  const bytes = new Uint8Array(HASH_BYTES);
  let bits = 0;
  let bitCount = 0;
  let length = 0;
  for (const character of text) {
    bits = ((bits << 5) | BASE32.indexOf(character)) & 0xfff;
    bitCount += 5;
    if (bitCount >= 8) {
      bitCount -= 8;
      bytes[length++] = bits >> bitCount;
    }
  }
  return bytes;
}

function parsePeer(text: string): MagnetPeer | undefined {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^\s:[\]/@]+)):(\d{1,5})$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  return host !== undefined && port >= 1 && port <= 0xffff ? { host, port } : undefined;
}
