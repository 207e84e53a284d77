import { Bitfield } from "@swarmlab/wire/bitfield";
import { Downloader, type PieceStore } from "../download/downloader.js";
import type { PieceGeometry } from "../download/piece-geometry.js";
import { PiecePicker } from "../download/piece-picker.js";
import type { PeerConnection } from "../peer/peer-connection.js";
import { PeerError } from "../peer/peer-error.js";
import type { Clock } from "../ports/clock.js";
import type { Random } from "../ports/random.js";
import type { RateLimiter } from "../session/rate-limiter.js";
import { CHOKE_INTERVAL_MS, Choker, slotsForRate } from "../upload/choker.js";
import { FirstCopies } from "../upload/first-copies.js";
import { type BlockSource, Uploader } from "../upload/uploader.js";

export interface PieceExchangeOptions {
  readonly geometry: PieceGeometry;
  /** What is held and verified already. */
  readonly have: Bitfield;
  readonly store: PieceStore & BlockSource;
  readonly clock: Clock;
  readonly random: Random;
  readonly uploadLimiter: RateLimiter;
  /** Upload slots; undefined chooses them by the upload rate. */
  readonly uploadSlots: number | undefined;
  readonly spreadsFirstCopies: boolean;
  onPieceVerified(index: number): void;
  onPieceFailed(index: number): void;
  onStoreError(error: unknown): void;
  onBlockLatency(latencyMs: number): void;
}

/** Gives and takes pieces: what is asked of whom, who is served, and what everyone is told. */
export class PieceExchange {
  readonly peers = new Set<PeerConnection>();
  readonly picker: PiecePicker;
  readonly downloader: Downloader;
  readonly #options: PieceExchangeOptions;
  readonly #have: Bitfield;
  readonly #uploader: Uploader;
  readonly #choker: Choker<PeerConnection>;
  /** Peers that are counted as seeds and not piece by piece. */
  readonly #seeds = new Set<PeerConnection>();
  /** Only while the first copies are being given away. */
  #firstCopies: FirstCopies<PeerConnection> | undefined;
  #nextChokeMs: number;
  #isFillScheduled = false;
  #isPaused = false;
  #lastUploadRate = 0;

  constructor(options: PieceExchangeOptions) {
    const { geometry, have, store, clock, random } = options;
    this.#options = options;
    this.#have = have;
    this.picker = new PiecePicker(geometry.pieceCount, have, random);
    this.downloader = new Downloader({
      geometry,
      have,
      picker: this.picker,
      store,
      clock,
      events: {
        onPieceVerified: (index) => this.#onPieceVerified(index),
        onPieceFailed: options.onPieceFailed,
        onBlocksFreed: () => this.fillSoon(),
        onStoreError: options.onStoreError,
        onBlockLatency: options.onBlockLatency,
      },
    });
    this.#uploader = new Uploader(store, options.uploadLimiter);
    this.#choker = new Choker<PeerConnection>(random);
    this.#nextChokeMs = clock.nowMs() + CHOKE_INTERVAL_MS;
    if (options.spreadsFirstCopies && have.isComplete && geometry.pieceCount > 1) {
      this.#firstCopies = new FirstCopies<PeerConnection>(geometry, clock, random);
    }
  }

  /** Whether the first copies are still being given away one by one. */
  get isSpreading(): boolean {
    return this.#firstCopies !== undefined;
  }

  /** The peer that is unchoked optimistically. */
  get optimisticPeer(): PeerConnection | undefined {
    return this.#choker.optimistic;
  }

  /** A peer came whose number of pieces is known to it and to us. */
  add(peer: PeerConnection): void {
    peer.attachGeometry(this.#options.geometry);
    this.peers.add(peer);
    this.downloader.peers.add(peer);
    peer.sendPieces(this.#firstCopies?.viewOf(peer) ?? this.#have);
    if (peer.pieces.count > 0) this.onPieces(peer, new Bitfield(peer.pieces.length));
    this.#firstCopies?.showMore(peer);
  }

  remove(peer: PeerConnection): void {
    if (!this.peers.delete(peer)) return;
    this.downloader.peers.delete(peer);
    if (this.#seeds.delete(peer)) this.picker.removeSeed();
    else this.picker.removePeer(peer.pieces);
    peer.uploads.drain();
    this.downloader.releaseAll(peer);
    this.#firstCopies?.onPeerGone(peer);
    this.admit();
  }

  /** Stops giving and taking, or starts again. */
  setPaused(isPaused: boolean): void {
    this.#isPaused = isPaused;
    if (!isPaused) this.fillSoon();
  }

  onPieces(peer: PeerConnection, before: Bitfield): void {
    if (this.#seeds.delete(peer)) this.picker.removeSeed();
    else this.picker.removePeer(before);
    if (peer.isSeed) {
      this.#seeds.add(peer);
      this.picker.addSeed();
      // Another seeder gives first copies too, and does not see which ones we gave.
      this.#endFirstCopies();
    } else {
      this.picker.addPeer(peer.pieces);
    }
    let needed = 0;
    for (let index = 0; index < peer.pieces.length; index++) {
      if (!peer.pieces.has(index)) continue;
      if (!this.#have.has(index)) needed++;
      this.#firstCopies?.onPeerHas(peer, index);
    }
    peer.neededPieces = needed;
    peer.setInterested(needed > 0);
    this.#continueFirstCopies(peer);
    this.#closeIfRedundant(peer);
  }

  onHave(peer: PeerConnection, index: number): void {
    this.picker.increment(index);
    if (!this.#have.has(index)) {
      peer.neededPieces++;
      peer.setInterested(true);
    }
    this.#firstCopies?.onPeerHas(peer, index);
    this.#continueFirstCopies(peer);
    this.#closeIfRedundant(peer);
  }

  onChoked(peer: PeerConnection): void {
    peer.currentPiece = undefined;
    // With the fast extension every request that will not be answered is rejected by itself.
    if (!peer.supportsFast) this.downloader.releaseAll(peer);
  }

  onRequest(peer: PeerConnection, index: number, begin: number, length: number): void {
    const isServed = peer.isUnchoked && !this.#isPaused;
    if (!this.#options.geometry.isInside(index, begin, length)) {
      throw new PeerError("PROTOCOL", `a request for bytes ${begin}+${length} of piece ${index}`);
    }
    if (!isServed || !this.#have.has(index) || !peer.uploads.push(index, begin, length)) {
      peer.sendReject(index, begin, length);
      return;
    }
    this.#firstCopies?.onRequest(peer, index, begin + length);
  }

  onCancel(peer: PeerConnection, index: number, begin: number, length: number): void {
    if (peer.uploads.cancel(index, begin, length)) peer.sendReject(index, begin, length);
  }

  /** All that a peer sent in one go was handled: ask it for more, send it more. */
  onChunkHandled(peer: PeerConnection): void {
    this.#fill(peer);
    if (peer.uploads.size > 0) this.#uploader.pump(peer);
  }

  onDrain(peer: PeerConnection): void {
    if (peer.uploads.size > 0) this.#uploader.pump(peer);
  }

  /** Asks all peers for more, in a later microtask: the disk has room again, or blocks were given back. */
  fillSoon(): void {
    if (this.#isFillScheduled) return;
    this.#isFillScheduled = true;
    queueMicrotask(() => {
      this.#isFillScheduled = false;
      for (const peer of this.peers) this.#fill(peer);
    });
  }

  /** Regular work; `uploadRate` is the whole session's, in bytes per second. */
  tick(nowMs: number, uploadRate: number): void {
    for (const peer of this.peers) {
      this.#continueFirstCopies(peer);
      this.#fill(peer);
    }
    if (nowMs < this.#nextChokeMs) return;
    this.#nextChokeMs = nowMs + CHOKE_INTERVAL_MS;
    const chosen = this.#choker.round(this.peers, this.#slots(uploadRate), this.#have.isComplete, nowMs);
    for (const peer of this.peers) {
      if (chosen.has(peer)) peer.unchoke();
      else peer.choke();
    }
  }

  /** Gives free slots to interested peers without waiting for the next round. */
  admit(): void {
    if (this.#isPaused) return;
    const slots = this.#slots(this.#lastUploadRate);
    for (const peer of this.#choker.admit(this.peers, slots)) peer.unchoke();
  }

  close(): void {
    this.downloader.close();
  }

  #fill(peer: PeerConnection): void {
    if (!this.#isPaused && peer.weAreInterested && !peer.isClosed) this.downloader.fill(peer);
  }

  #slots(uploadRate: number): number {
    this.#lastUploadRate = uploadRate;
    return this.#options.uploadSlots ?? slotsForRate(uploadRate);
  }

  #onPieceVerified(index: number): void {
    this.#have.set(index);
    for (const peer of this.peers) {
      peer.sendHave(index);
      if (!peer.pieces.has(index)) continue;
      peer.neededPieces--;
      if (peer.neededPieces === 0) peer.setInterested(false);
    }
    this.#options.onPieceVerified(index);
    if (this.#have.isComplete) for (const peer of this.peers) this.#closeIfRedundant(peer);
  }

  #closeIfRedundant(peer: PeerConnection): void {
    if (this.#have.isComplete && peer.isSeed) {
      peer.close(new PeerError("REDUNDANT", "both sides have everything"));
    }
  }

  #continueFirstCopies(peer: PeerConnection): void {
    if (this.#firstCopies?.isDone) this.#endFirstCopies();
    else this.#firstCopies?.showMore(peer);
  }

  /** From now on everyone sees everything. */
  #endFirstCopies(): void {
    this.#firstCopies?.showAll();
    this.#firstCopies = undefined;
  }
}
