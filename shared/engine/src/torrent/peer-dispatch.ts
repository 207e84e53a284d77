import type { TorrentInfo } from "@swarmlab/metainfo/info";
import type { Bitfield } from "@swarmlab/wire/bitfield";
import { type ExtendedHandshake, METADATA_PIECE_BYTES, type MetadataMessage } from "@swarmlab/wire/extension";
import type { EngineMetrics } from "../metrics.js";
import type { PeerConnection } from "../peer/peer-connection.js";
import type { PeerListener } from "../peer/peer-listener.js";
import type { MetadataFetcher } from "./metadata-fetcher.js";
import type { PeerPool } from "./peer-pool.js";
import type { PieceExchange } from "./piece-exchange.js";
import type { TorrentEvent } from "./torrent-events.js";
import type { TorrentTotals } from "./torrent-stats.js";

/** While so much waits to be sent to a peer, it gets no metadata on top. */
const MAX_METADATA_WAITING_BYTES = 256 * 1024;

/** The parts of a torrent that peers' messages go to. */
export interface DispatchParts {
  pool(): PeerPool;
  readonly totals: TorrentTotals;
  readonly metrics: EngineMetrics;
  readonly fetcher: MetadataFetcher | undefined;
  /** Undefined while the metadata is missing. */
  info(): TorrentInfo | undefined;
  /** Undefined until the disk was looked at. */
  exchange(): PieceExchange | undefined;
  emit(event: TorrentEvent): void;
  fail(error: unknown): void;
}

/** Brings what peers say to the part of the torrent that it concerns, and counts it. */
export class PeerDispatch implements PeerListener {
  readonly #parts: DispatchParts;

  constructor(parts: DispatchParts) {
    this.#parts = parts;
  }

  onPieces(peer: PeerConnection, before: Bitfield): void {
    this.#parts.exchange()?.onPieces(peer, before);
  }
  onHave(peer: PeerConnection, index: number): void {
    this.#parts.exchange()?.onHave(peer, index);
  }
  onChoked(peer: PeerConnection): void {
    this.#parts.exchange()?.onChoked(peer);
  }
  onUnchoked(_peer: PeerConnection): void {}
  onInterestChanged(_peer: PeerConnection): void {
    this.#parts.exchange()?.admit();
  }
  onRequest(peer: PeerConnection, index: number, begin: number, length: number): void {
    this.#parts.exchange()?.onRequest(peer, index, begin, length);
  }
  onCancel(peer: PeerConnection, index: number, begin: number, length: number): void {
    this.#parts.exchange()?.onCancel(peer, index, begin, length);
  }
  onBlockStart(peer: PeerConnection, index: number, begin: number, length: number): Uint8Array | undefined {
    this.#parts.totals.downloaded.add(length);
    this.#parts.metrics.payloadReceivedBytes += length;
    peer.usesScratch = false;
    return this.#parts.exchange()?.downloader.startBlock(peer, index, begin, length, () => {
      peer.usesScratch = true;
      return peer.scratch();
    });
  }
  onBlockEnd(peer: PeerConnection, index: number, begin: number, length: number): void {
    const scratch = peer.usesScratch ? peer.scratch() : undefined;
    this.#parts.exchange()?.downloader.finishBlock(peer, index, begin, length, scratch);
  }
  onBlocksSent(_peer: PeerConnection, payloadBytes: number): void {
    this.#parts.totals.uploaded.add(payloadBytes);
    this.#parts.metrics.payloadSentBytes += payloadBytes;
  }
  onReject(peer: PeerConnection, index: number, begin: number, length: number): void {
    this.#parts.exchange()?.downloader.onReject(peer, index, begin, length);
  }
  onExtendedHandshake(peer: PeerConnection, _handshake: ExtendedHandshake): void {
    if (peer.listenAddress !== undefined && peer.isIncoming) {
      this.#parts.pool().candidates.markBusy(peer.listenAddress);
    }
    if (this.#parts.info() === undefined) this.#parts.fetcher?.addPeer(peer);
  }
  onMetadataMessage(peer: PeerConnection, message: MetadataMessage): void {
    if (message.type === "request") this.#answerMetadata(peer, message.piece);
    else this.#parts.fetcher?.onMessage(peer, message);
  }
  onChunkHandled(peer: PeerConnection): void {
    this.#parts.exchange()?.onChunkHandled(peer);
  }
  onDrain(peer: PeerConnection): void {
    this.#parts.exchange()?.onDrain(peer);
  }
  onReadError(_peer: PeerConnection, error: unknown): void {
    this.#parts.fail(error);
  }
  onBanned(peer: PeerConnection, reason: string): void {
    if (!this.#parts.pool().ban(peer, reason)) return;
    this.#parts.totals.bannedPeers++;
    this.#parts.metrics.peersBanned++;
    this.#parts.emit({ type: "peer-banned", peer: peer.listenAddress ?? peer.remote, reason });
  }
  onClose(peer: PeerConnection, error: Error | undefined): void {
    if (!this.#parts.pool().onClose(peer, error)) return;
    this.#parts.exchange()?.remove(peer);
    this.#parts.fetcher?.removePeer(peer);
    const { receivedBytes, sentBytes } = peer.transport;
    this.#parts.totals.closedReceivedBytes += receivedBytes;
    this.#parts.totals.closedSentBytes += sentBytes;
    this.#parts.metrics.closedReceivedBytes += receivedBytes;
    this.#parts.metrics.closedSentBytes += sentBytes;
    this.#parts.emit({
      type: "peer-disconnected",
      peer: peer.remote,
      reason: error?.message ?? "closed by the peer",
    });
  }

  #answerMetadata(peer: PeerConnection, piece: number): void {
    const bytes = this.#parts.info()?.infoBytes;
    const begin = piece * METADATA_PIECE_BYTES;
    if (bytes === undefined || begin >= bytes.length || peer.bufferedBytes > MAX_METADATA_WAITING_BYTES) {
      peer.sendMetadata({ type: "reject", piece });
      return;
    }
    const data = bytes.subarray(begin, begin + METADATA_PIECE_BYTES);
    peer.sendMetadata({ type: "data", piece, totalBytes: bytes.length, data });
  }
}
