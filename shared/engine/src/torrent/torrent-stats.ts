import type { TorrentInfo } from "@swarmlab/metainfo/info";
import type { Bitfield } from "@swarmlab/wire/bitfield";
import type { PieceGeometry } from "../download/piece-geometry.js";
import type { PeerConnection } from "../peer/peer-connection.js";
import { RateMeter } from "../peer/rate-meter.js";
import type { SocketAddress } from "../ports/network.js";
import type { PeerPool } from "./peer-pool.js";
import type { PieceExchange } from "./piece-exchange.js";
import type { TorrentState } from "./torrent-events.js";

/** One connected peer, as it is now. Rates are payload bytes per second. */
export interface PeerStats {
  readonly address: SocketAddress;
  readonly client: string;
  readonly isIncoming: boolean;
  readonly pieceCount: number;
  readonly isSeed: boolean;
  readonly isChokingUs: boolean;
  readonly weAreInterested: boolean;
  readonly isUnchoked: boolean;
  readonly isOptimistic: boolean;
  readonly isInterested: boolean;
  readonly isSnubbing: boolean;
  readonly downloadedBytes: number;
  readonly uploadedBytes: number;
  readonly downloadBytesPerSecond: number;
  readonly uploadBytesPerSecond: number;
  readonly requestsOutstanding: number;
  readonly requestsQueued: number;
}

/** A torrent as it is now. Payload is what blocks carry, without any message's header. */
export interface TorrentStats {
  readonly infoHash: string;
  /** Undefined until the metadata is here. */
  readonly name: string | undefined;
  readonly state: TorrentState;
  readonly totalBytes: number;
  readonly pieceCount: number;
  readonly verifiedPieces: number;
  readonly verifiedBytes: number;
  readonly downloadedPayloadBytes: number;
  readonly uploadedPayloadBytes: number;
  /** Everything on peers' connections, payload and protocol. */
  readonly receivedBytes: number;
  readonly sentBytes: number;
  /** Payload that came and was of no use. */
  readonly wastedBytes: number;
  readonly failedPieces: number;
  readonly failedBytes: number;
  readonly bannedPeers: number;
  readonly downloadBytesPerSecond: number;
  readonly uploadBytesPerSecond: number;
  readonly connectedPeers: number;
  readonly knownAddresses: number;
  readonly isSpreading: boolean;
}

/** What a torrent counts over its life. */
export class TorrentTotals {
  /** Payload. */
  readonly downloaded: RateMeter;
  readonly uploaded: RateMeter;
  /** All bytes of connections that are closed. */
  closedReceivedBytes = 0;
  closedSentBytes = 0;
  failedPieces = 0;
  bannedPeers = 0;

  constructor(nowMs: number) {
    this.downloaded = new RateMeter(nowMs);
    this.uploaded = new RateMeter(nowMs);
  }
}

/** The parts of a torrent that its stats are read from. */
export interface TorrentParts {
  readonly infoHash: Uint8Array;
  readonly info: TorrentInfo | undefined;
  readonly geometry: PieceGeometry | undefined;
  readonly have: Bitfield | undefined;
  readonly state: TorrentState;
  readonly pool: PeerPool;
  readonly exchange: PieceExchange | undefined;
  readonly totals: TorrentTotals;
}

export function torrentStats(parts: TorrentParts): TorrentStats {
  const { info, geometry, have, pool, exchange, totals } = parts;
  let receivedBytes = totals.closedReceivedBytes;
  let sentBytes = totals.closedSentBytes;
  for (const { transport } of pool.open.values()) {
    receivedBytes += transport.receivedBytes;
    sentBytes += transport.sentBytes;
  }
  return {
    infoHash: Buffer.from(parts.infoHash).toString("hex"),
    name: info?.name,
    state: parts.state,
    totalBytes: info?.totalBytes ?? 0,
    pieceCount: info?.pieceCount ?? 0,
    verifiedPieces: have?.count ?? 0,
    verifiedBytes: geometry === undefined || have === undefined ? 0 : verifiedBytes(geometry, have),
    downloadedPayloadBytes: totals.downloaded.totalBytes,
    uploadedPayloadBytes: totals.uploaded.totalBytes,
    receivedBytes,
    sentBytes,
    wastedBytes: exchange?.downloader.wastedBytes ?? 0,
    failedPieces: totals.failedPieces,
    failedBytes: exchange?.downloader.failedBytes ?? 0,
    bannedPeers: totals.bannedPeers,
    downloadBytesPerSecond: totals.downloaded.bytesPerSecond,
    uploadBytesPerSecond: totals.uploaded.bytesPerSecond,
    connectedPeers: pool.open.size,
    knownAddresses: pool.candidates.size,
    isSpreading: exchange?.isSpreading ?? false,
  };
}

export function peerStats(
  peers: Iterable<PeerConnection>,
  optimisticPeer: PeerConnection | undefined,
): PeerStats[] {
  return Array.from(peers, (peer) => ({
    address: peer.remote,
    client: peer.clientName,
    isIncoming: peer.isIncoming,
    pieceCount: peer.pieces.count,
    isSeed: peer.isSeed,
    isChokingUs: peer.isChokingUs,
    weAreInterested: peer.weAreInterested,
    isUnchoked: peer.isUnchoked,
    isOptimistic: peer === optimisticPeer,
    isInterested: peer.isInterested,
    isSnubbing: peer.isSnubbing,
    downloadedBytes: peer.downloaded.totalBytes,
    uploadedBytes: peer.uploaded.totalBytes,
    downloadBytesPerSecond: peer.downloadRate,
    uploadBytesPerSecond: peer.uploadRate,
    requestsOutstanding: peer.inFlight.size,
    requestsQueued: peer.uploads.size,
  }));
}

/** How many bytes the pieces of `have` hold. */
export function verifiedBytes(geometry: PieceGeometry, have: Bitfield): number {
  if (have.count === 0) return 0;
  const last = geometry.pieceCount - 1;
  const full = have.count * geometry.pieceLength;
  return have.has(last) ? full - geometry.pieceLength + geometry.pieceBytes(last) : full;
}
