import type { Bitfield } from "@swarmlab/wire/bitfield";
import type { Clock } from "../ports/clock.js";
import type { DownloadPeer } from "./download-peer.js";
import { PieceDownload } from "./piece-download.js";
import { BLOCK_BYTES, type PieceGeometry } from "./piece-geometry.js";
import type { PiecePicker } from "./piece-picker.js";
import { PollutionTracer } from "./pollution-tracer.js";

/** The first pieces are picked at random, so that a newcomer soon has something that others want. */
const RANDOM_FIRST_PIECES = 4;
/** Peers that may be asked for the same block at the end of a download. */
const MAX_ENDGAME_PEERS = 3;
/** After so many rejects in a row a peer is asked for nothing for a while. */
const MANY_REJECTS = 32;
const REJECT_PAUSE_MS = 5_000;
/** Started pieces may hold this much memory, or four pieces if that is more. */
const MAX_STARTED_BYTES = 48 * 1024 * 1024;

/** Where verified pieces go. */
export interface PieceStore {
  acquirePieceBuffer(): Uint8Array;
  releasePieceBuffer(buffer: Uint8Array): void;
  /** Verifies and keeps the piece; on a mismatch the buffer stays with the caller. */
  commitPiece(index: number, buffer: Uint8Array): Promise<"verified" | "mismatch">;
  /** Whether more pieces would pile up before the disk. */
  readonly isCongested: boolean;
}

export interface DownloaderEvents {
  onPieceVerified(index: number): void;
  onPieceFailed(index: number): void;
  /** Blocks became free that other peers could be asked for. */
  onBlocksFreed(): void;
  onStoreError(error: unknown): void;
  /** A block came so long after its request. */
  onBlockLatency(latencyMs: number): void;
}

export interface DownloaderOptions {
  readonly geometry: PieceGeometry;
  readonly have: Bitfield;
  readonly picker: PiecePicker;
  readonly store: PieceStore;
  readonly clock: Clock;
  readonly events: DownloaderEvents;
}

/** Decides which block is asked of whom, and puts pieces together. */
export class Downloader {
  /** Peers that are connected now: a block that came twice over is cancelled at the others. */
  readonly peers = new Set<DownloadPeer>();
  /** Payload bytes that arrived though somebody else had been quicker, or nobody had asked. */
  wastedBytes = 0;
  /** Payload bytes of pieces that failed their hash. */
  failedBytes = 0;
  readonly #geometry: PieceGeometry;
  readonly #have: Bitfield;
  readonly #picker: PiecePicker;
  readonly #store: PieceStore;
  readonly #clock: Clock;
  readonly #events: DownloaderEvents;
  readonly #started = new Map<number, PieceDownload>();
  readonly #committing = new Set<number>();
  readonly #tracer = new PollutionTracer();
  readonly #maxStartedPieces: number;
  #isClosed = false;

  constructor(options: DownloaderOptions) {
    this.#geometry = options.geometry;
    this.#have = options.have;
    this.#picker = options.picker;
    this.#store = options.store;
    this.#clock = options.clock;
    this.#events = options.events;
    this.#maxStartedPieces = Math.max(4, Math.floor(MAX_STARTED_BYTES / options.geometry.pieceLength));
  }

  /** Asks `peer` for blocks until its window is full or there is nothing to ask for. */
  fill(peer: DownloadPeer): void {
    if (this.#isClosed || this.#have.isComplete || this.#store.isCongested) return;
    if (peer.isChokingUs && peer.allowedFast.size === 0) return;
    const nowMs = this.#clock.nowMs();
    if (nowMs < peer.heldUntilMs) return;
    while (peer.inFlight.size < peer.window.blocks) {
      const piece = this.#pieceWithFreeBlock(peer);
      if (piece === undefined) {
        this.#askBusyBlock(peer, nowMs);
        return;
      }
      const block = piece.takeFree(peer);
      peer.currentPiece = piece;
      this.#ask(peer, piece.index, block, nowMs);
    }
  }

  /**
   * The peer starts to send a block. Returns where it goes: the piece's own buffer, or `scratch` when
   * another peer may be sending the same block; undefined when it is not wanted, and then no
   * `finishBlock` follows.
   */
  startBlock(
    peer: DownloadPeer,
    index: number,
    begin: number,
    length: number,
    scratch: () => Uint8Array,
  ): Uint8Array | undefined {
    const block = this.#askedBlock(peer, index, begin, length);
    const piece = this.#started.get(index);
    const isWanted = block >= 0 && piece !== undefined && !piece.isDone(block) && piece.allows(peer);
    if (!isWanted) {
      this.wastedBytes += length;
      if (block >= 0) this.#settle(peer, index, block);
      return undefined;
    }
    peer.receivingPiece = piece;
    if (!piece.startReceiving(block, peer)) return scratch().subarray(0, length);
    return piece.buffer.subarray(begin, begin + length);
  }

  /** The whole block has arrived; `scratch` holds it when `startBlock` asked for that. */
  finishBlock(peer: DownloadPeer, index: number, begin: number, length: number, scratch?: Uint8Array): void {
    const block = begin / BLOCK_BYTES;
    this.#settle(peer, index, block);
    const piece = peer.receivingPiece;
    peer.receivingPiece = undefined;
    peer.rejects = 0;
    // The piece may have failed or been given up meanwhile, or another peer may be writing this block just now.
    const isCurrent = piece !== undefined && this.#started.get(index) === piece;
    if (!isCurrent || piece.isDone(block) || piece.isReceivingFromOther(block, peer)) {
      this.wastedBytes += length;
      return;
    }
    if (scratch !== undefined) piece.buffer.set(scratch.subarray(0, length), begin);
    const isContested = piece.isContested(block);
    piece.markDone(block, peer);
    if (isContested) this.#cancelElsewhere(peer, index, block);
    if (piece.isComplete) void this.#commit(piece);
  }

  /** The request was answered: it counts for the window and is no longer outstanding. */
  #settle(peer: DownloadPeer, index: number, block: number): void {
    const sentAtMs = peer.inFlight.remove(this.#geometry.blockKey(index, block));
    if (sentAtMs < 0) return;
    const latencyMs = this.#clock.nowMs() - sentAtMs;
    peer.window.onBlock(latencyMs);
    this.#events.onBlockLatency(latencyMs);
  }

  /** The peer will not send this block (BEP 6 reject). */
  onReject(peer: DownloadPeer, index: number, begin: number, length: number): void {
    const block = this.#askedBlock(peer, index, begin, length);
    if (block < 0) return;
    peer.inFlight.remove(this.#geometry.blockKey(index, block));
    this.#releaseBlock(peer, index, block);
    if (peer.isChokingUs) {
      peer.allowedFast.delete(index);
      const piece = this.#started.get(index);
      if (piece?.exclusivePeer === peer && piece.isIdle) this.#giveUp(piece);
    } else if (++peer.rejects % MANY_REJECTS === 0) {
      peer.heldUntilMs = this.#clock.nowMs() + REJECT_PAUSE_MS;
    }
    this.#events.onBlocksFreed();
  }

  /** Takes all requests back from a peer that lets them lie. */
  cancelAll(peer: DownloadPeer): void {
    for (const key of peer.inFlight.keys()) {
      const index = Math.floor(key / this.#geometry.blocksPerPiece);
      const block = key % this.#geometry.blocksPerPiece;
      peer.cancel(index, block * BLOCK_BYTES, this.#geometry.blockBytes(index, block));
    }
    this.releaseAll(peer);
  }

  /** The peer will answer none of its requests: it choked us, left, or has been silent for too long. */
  releaseAll(peer: DownloadPeer): void {
    const keys = peer.inFlight.drain();
    peer.currentPiece = undefined;
    for (const key of keys) {
      const index = Math.floor(key / this.#geometry.blocksPerPiece);
      this.#releaseBlock(peer, index, key % this.#geometry.blocksPerPiece);
    }
    // What one peer alone was to send begins again with another.
    const orphans = [...this.#started.values()].filter(
      (piece) => piece.exclusivePeer === peer && piece.isIdle,
    );
    for (const piece of orphans) this.#giveUp(piece);
    if (keys.length > 0 || orphans.length > 0) this.#events.onBlocksFreed();
  }

  /** Gives back all memory of unfinished pieces. */
  close(): void {
    this.#isClosed = true;
    for (const piece of this.#started.values()) {
      if (!this.#committing.has(piece.index)) this.#store.releasePieceBuffer(piece.buffer);
    }
    this.#started.clear();
  }

  /** The block number of a request that is outstanding at `peer`; -1 when it is none. */
  #askedBlock(peer: DownloadPeer, index: number, begin: number, length: number): number {
    if (begin % BLOCK_BYTES !== 0 || !this.#geometry.isInside(index, begin, length)) return -1;
    const block = begin / BLOCK_BYTES;
    if (length !== this.#geometry.blockBytes(index, block)) return -1;
    return peer.inFlight.has(this.#geometry.blockKey(index, block)) ? block : -1;
  }

  #pieceWithFreeBlock(peer: DownloadPeer): PieceDownload | undefined {
    const current = peer.currentPiece;
    if (current !== undefined && current.freeBlocks > 0 && this.#canContinue(peer, current)) return current;
    let best: PieceDownload | undefined;
    for (const piece of this.#started.values()) {
      if (piece.freeBlocks === 0 || !this.#canContinue(peer, piece)) continue;
      if (best === undefined || piece.freeBlocks < best.freeBlocks) best = piece;
    }
    return best ?? this.#startPiece(peer);
  }

  #canContinue(peer: DownloadPeer, piece: PieceDownload): boolean {
    if (!peer.pieces.has(piece.index) || !piece.allows(peer)) return false;
    if (this.#started.get(piece.index) !== piece) return false;
    return !peer.isChokingUs || peer.allowedFast.has(piece.index);
  }

  #startPiece(peer: DownloadPeer): PieceDownload | undefined {
    if (this.#started.size >= this.#maxStartedPieces) return undefined;
    const index = this.#pickPiece(peer);
    if (index < 0) return undefined;
    this.#picker.removePickable(index);
    const isExclusive = this.#tracer.isSuspect(index);
    const blocks = this.#geometry.blockCount(index);
    const piece = new PieceDownload(index, blocks, this.#store.acquirePieceBuffer(), isExclusive);
    this.#started.set(index, piece);
    return piece;
  }

  #pickPiece(peer: DownloadPeer): number {
    if (peer.isChokingUs) return this.#picker.pickRarest(peer.pieces, (index) => peer.allowedFast.has(index));
    if (this.#have.count < RANDOM_FIRST_PIECES) return this.#picker.pickRandom(peer.pieces);
    return this.#picker.pickRarest(peer.pieces);
  }

  /**
   * Strict endgame: only when everything wanted has been asked for, and this peer has nothing else to do,
   * is it asked for one block that another peer was asked for already.
   */
  #askBusyBlock(peer: DownloadPeer, nowMs: number): void {
    if (peer.inFlight.size > 0 || peer.window.isSnubbed) return;
    if (this.#picker.pickable > 0 && this.#started.size < this.#maxStartedPieces) return;
    for (const piece of this.#started.values()) if (piece.freeBlocks > 0 && !piece.isExclusive) return;
    for (const piece of this.#started.values()) {
      if (piece.isComplete || piece.isExclusive || !this.#canContinue(peer, piece)) continue;
      const mayAsk = (block: number) => !peer.inFlight.has(this.#geometry.blockKey(piece.index, block));
      const block = piece.findBusy(mayAsk, MAX_ENDGAME_PEERS - 1);
      if (block < 0) continue;
      piece.askAgain(block);
      this.#ask(peer, piece.index, block, nowMs);
      return;
    }
  }

  #ask(peer: DownloadPeer, index: number, block: number, nowMs: number): void {
    peer.inFlight.push(this.#geometry.blockKey(index, block), nowMs);
    peer.request(index, block * BLOCK_BYTES, this.#geometry.blockBytes(index, block));
  }

  #cancelElsewhere(receivedFrom: DownloadPeer, index: number, block: number): void {
    const key = this.#geometry.blockKey(index, block);
    for (const peer of this.peers) {
      if (peer === receivedFrom || !peer.inFlight.has(key)) continue;
      peer.cancel(index, block * BLOCK_BYTES, this.#geometry.blockBytes(index, block));
      // With BEP 6 the block or a reject still comes; without it perhaps nothing does.
      if (!peer.answersCancels) peer.inFlight.remove(key);
    }
  }

  #releaseBlock(peer: DownloadPeer, index: number, block: number): void {
    const piece = this.#started.get(index);
    if (piece === undefined) return;
    piece.release(block, peer);
    if (piece.isUntouched) this.#giveUp(piece);
  }

  /** Forgets all requests for a piece: their answers belong to an attempt that is over. */
  #dropRequests(index: number): void {
    for (const peer of this.peers) {
      for (let block = 0; block < this.#geometry.blockCount(index); block++) {
        peer.inFlight.remove(this.#geometry.blockKey(index, block));
      }
    }
  }

  /** Forgets what came of a piece; it can be picked again. */
  #giveUp(piece: PieceDownload): void {
    this.#dropRequests(piece.index);
    this.#started.delete(piece.index);
    this.#store.releasePieceBuffer(piece.buffer);
    this.#picker.makePickable(piece.index);
  }

  async #commit(piece: PieceDownload): Promise<void> {
    const { index, buffer } = piece;
    this.#committing.add(index);
    const bytes = this.#geometry.pieceBytes(index);
    // The tracer compares after the store has released the buffer, so a suspect is digested before.
    const polluters = this.#tracer.isSuspect(index) ? this.#tracer.compare(piece, bytes) : undefined;
    try {
      const outcome = await this.#store.commitPiece(index, buffer);
      this.#started.delete(index);
      if (outcome === "verified") this.#onVerified(index, polluters);
      else this.#onMismatch(piece, bytes);
    } catch (error) {
      this.#started.delete(index);
      if (!this.#isClosed) this.#events.onStoreError(error);
    } finally {
      this.#committing.delete(index);
    }
  }

  #onVerified(index: number, polluters: Set<DownloadPeer> | undefined): void {
    this.#tracer.forget(index);
    for (const peer of polluters ?? []) peer.ban(`sent bad blocks of piece ${index}`);
    this.#events.onPieceVerified(index);
  }

  #onMismatch(piece: PieceDownload, bytes: number): void {
    this.failedBytes += bytes;
    this.#dropRequests(piece.index);
    const polluter = this.#tracer.onMismatch(piece, bytes);
    this.#store.releasePieceBuffer(piece.buffer);
    if (this.#isClosed) return;
    this.#picker.makePickable(piece.index);
    polluter?.ban(`sent piece ${piece.index} with a wrong hash`);
    this.#events.onPieceFailed(piece.index);
    this.#events.onBlocksFreed();
  }
}
