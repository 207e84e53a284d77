import { type BencodeDict, decodeBencode } from "@swarmlab/bencode/decode";
import { type BencodeInput, encodeBencode } from "@swarmlab/bencode/encode";
import { BencodeError } from "@swarmlab/bencode/error";
import {
  dictOf,
  optionalBytes,
  optionalInteger,
  optionalText,
  requireInteger,
} from "@swarmlab/bencode/fields";
import type { AnnounceResponse, ScrapeEntry } from "./announce.js";
import { maxPeersInAnswer, type PeerAddress, parseCompactPeers } from "./compact-peers.js";
import { parseIp } from "./ip-address.js";
import { TrackerProtocolError } from "./tracker-protocol-error.js";

/** Reads the body of an answer to an announce: compact peers (BEP 23, BEP 7) or a list of dictionaries (BEP 3). */
export function parseAnnounceResponse(body: Uint8Array): AnnounceResponse<PeerAddress> {
  return reading(() => {
    const dict = answerDict(body);
    const { min, max } = { min: 0, max: 2 ** 31 };
    return {
      intervalSeconds: requireInteger(dict, "interval", { min, max }),
      minIntervalSeconds: optionalInteger(dict, "min interval", { min, max }),
      seeders: optionalInteger(dict, "complete", { min }),
      leechers: optionalInteger(dict, "incomplete", { min }),
      warning: optionalText(dict, "warning message", { maxBytes: 4096 }),
      trackerId: optionalBytes(dict, "tracker id", { maxBytes: 1024 }),
      peers: readPeers(dict),
    };
  });
}

/** Reads the body of an answer to a scrape (BEP 48), by info hash in lower-case hexadecimal. */
export function parseScrapeResponse(body: Uint8Array): Map<string, ScrapeEntry> {
  return reading(() => {
    const files = dictOf(answerDict(body).get("files") ?? 0, "files");
    const entries = new Map<string, ScrapeEntry>();
    for (const [rawKey, value] of files) {
      const dict = dictOf(value, "files");
      entries.set(Buffer.from(rawKey, "latin1").toString("hex"), {
        seeders: requireInteger(dict, "complete", { min: 0 }),
        leechers: requireInteger(dict, "incomplete", { min: 0 }),
        completed: optionalInteger(dict, "downloaded", { min: 0 }) ?? 0,
      });
    }
    return entries;
  });
}

/** The answer to an announce with `compact=0`: peers as dictionaries, without their ids. */
export function encodeAnnounceResponse(response: AnnounceResponse<PeerAddress>): Uint8Array {
  return encodeBencode({
    complete: response.seeders,
    incomplete: response.leechers,
    interval: response.intervalSeconds,
    "min interval": response.minIntervalSeconds,
    peers: response.peers.map(({ host, port }) => ({ ip: host, port })),
    "tracker id": response.trackerId,
    "warning message": response.warning,
  });
}

export function encodeScrapeResponse(
  entries: Iterable<{ readonly infoHash: Uint8Array; readonly entry: ScrapeEntry }>,
): Uint8Array {
  const files = new Map<string, BencodeInput>();
  for (const { infoHash, entry } of entries) {
    files.set(Buffer.from(infoHash).toString("latin1"), {
      complete: entry.seeders,
      downloaded: entry.completed,
      incomplete: entry.leechers,
    });
  }
  return encodeBencode({ files });
}

/** What a tracker says instead of an answer. */
export function encodeFailure(reason: string): Uint8Array {
  return encodeBencode({ "failure reason": reason });
}

/** Decoded with room for what trackers send, and read as a refusal when it is one. */
function answerDict(body: Uint8Array): BencodeDict {
  const limits = { maxDepth: 6, maxTokens: 8 * maxPeersInAnswer };
  const dict = dictOf(decodeBencode(body, { keyOrder: "any", trailing: "allow", limits }), "answer");
  const failure = optionalBytes(dict, "failure reason");
  if (failure !== undefined) {
    throw new TrackerProtocolError("REFUSED", Buffer.from(failure.subarray(0, 4096)).toString("utf8"));
  }
  return dict;
}

function readPeers(dict: BencodeDict): PeerAddress[] {
  const peers = dict.get("peers") ?? [];
  const listed = Array.isArray(peers)
    ? peers.slice(0, maxPeersInAnswer).flatMap((peer) => peerOf(dictOf(peer, "peers")))
    : parseCompactPeers(optionalBytes(dict, "peers") ?? new Uint8Array(), "ipv4");
  const peers6 = optionalBytes(dict, "peers6");
  return peers6 === undefined ? listed : listed.concat(parseCompactPeers(peers6, "ipv6"));
}

/** A peer, unless it has no port or is a host name: names are not looked up on a tracker's word. */
function peerOf(dict: BencodeDict): PeerAddress[] {
  const host = Buffer.from(optionalBytes(dict, "ip", { maxBytes: 255 }) ?? []).toString("latin1");
  const port = optionalInteger(dict, "port", { min: 0, max: 65535 }) ?? 0;
  return port === 0 || parseIp(host) === undefined ? [] : [{ host, port }];
}

function reading<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof BencodeError)) throw error;
    throw new TrackerProtocolError("MALFORMED", `not a tracker's answer: ${error.message}`, { cause: error });
  }
}
