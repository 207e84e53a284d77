import type { SocketAddress } from "../ports/network.js";
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
