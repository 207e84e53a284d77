import { formatIp, parseIp } from "./ip-address.js";
import { TrackerProtocolError } from "./tracker-protocol-error.js";

/** An IP literal (IPv6 without brackets) and a port from 1 to 65535. */
export interface PeerAddress {
  readonly host: string;
  readonly port: number;
}

/** The bytes of one packed peer: address and port (BEP 23 and BEP 7). */
export const compactPeerBytes = { ipv4: 6, ipv6: 18 } as const;

/** More peers in one answer than this are left unread: nobody connects to so many. */
export const maxPeersInAnswer = 2000;

/** Reads packed peers; those with port 0 are skipped. */
export function parseCompactPeers(bytes: Uint8Array, family: keyof typeof compactPeerBytes): PeerAddress[] {
  const stride = compactPeerBytes[family];
  if (bytes.length % stride !== 0) {
    throw new TrackerProtocolError(
      "MALFORMED",
      `${bytes.length} bytes of peers are no multiple of ${stride}`,
    );
  }
  const peers: PeerAddress[] = [];
  for (let offset = 0; offset < bytes.length && peers.length < maxPeersInAnswer; offset += stride) {
    const port = ((bytes[offset + stride - 2] ?? 0) << 8) | (bytes[offset + stride - 1] ?? 0);
    if (port !== 0) peers.push({ host: formatIp(bytes, offset, family === "ipv4" ? 4 : 16), port });
  }
  return peers;
}

/** Packs peers, the families apart. */
export function encodeCompactPeers(peers: readonly PeerAddress[]): { ipv4: Uint8Array; ipv6: Uint8Array } {
  const packed = { ipv4: [] as Uint8Array[], ipv6: [] as Uint8Array[] };
  for (const { host, port } of peers) {
    const ip = parseIp(host);
    if (ip === undefined) throw new TrackerProtocolError("BAD_FIELD", `"${host}" is not an IP address`);
    if (!Number.isInteger(port) || port < 1 || port > 65535) {
      throw new TrackerProtocolError("BAD_FIELD", `${port} is not a port`);
    }
    packed[ip.length === 4 ? "ipv4" : "ipv6"].push(ip, Uint8Array.of(port >> 8, port & 0xff));
  }
  return { ipv4: Buffer.concat(packed.ipv4), ipv6: Buffer.concat(packed.ipv6) };
}
