import { Bitfield } from "@swarmlab/wire/bitfield";
import type { PieceGeometry } from "../download/piece-geometry.js";
import type { Clock } from "../ports/clock.js";
import type { Random } from "../ports/random.js";
import { PieceSpreader } from "./piece-spreader.js";

/** A peer has at least so much in view that it has not asked for. */
const MIN_AHEAD_BYTES = 256 * 1024;
/** A quick one has what it takes in this time: some round trips, so that it can become quicker. */
const AHEAD_SECONDS = 2;
/** What a peer has not asked for by then it may not want: it is shown something else. */
const UNWANTED_AFTER_MS = 15_000;
/** But never more than this part of an equal share of what is left, so that all peers come to the end together. */
const SHARE_AHEAD = 0.25;

/** A connected peer as it is shown pieces. */
export interface ShownPeer {
  readonly pieces: Bitfield;
  /** Payload that we send the peer, in bytes per second. */
  readonly uploadRate: number;
  sendHave(index: number): void;
}

/** What one peer believes that we have. */
interface View {
  readonly shown: Bitfield;
  /** Shown pieces that the peer has neither asked for to the end nor got elsewhere, and when it was shown them. */
  readonly untaken: Map<number, number>;
}

/**
 * The side of a spreading seeder that peers see: each is shown a few pieces at a time (one, if pieces are large),
 * and more as soon as it has asked for those, so that its requests never run dry.
 */
export class FirstCopies<P extends ShownPeer> {
  readonly #geometry: PieceGeometry;
  readonly #clock: Clock;
  readonly #spreader: PieceSpreader<P>;
  readonly #views = new Map<P, View>();

  constructor(geometry: PieceGeometry, clock: Clock, random: Random) {
    this.#geometry = geometry;
    this.#clock = clock;
    this.#spreader = new PieceSpreader<P>(geometry.pieceCount, random);
  }

  /** Every piece is out. */
  get isDone(): boolean {
    return this.#spreader.isDone;
  }

  /** What a peer is told that we have when it comes: nothing, at first. */
  viewOf(peer: P): Bitfield {
    const { pieceCount } = this.#geometry;
    const view = { shown: new Bitfield(pieceCount), untaken: new Map<number, number>() };
    this.#views.set(peer, view);
    return view.shown;
  }

  /** Shows the peer more pieces if it has asked for nearly all that it was shown. Call it now and then, too. */
  showMore(peer: P): void {
    const view = this.#views.get(peer);
    if (view === undefined) return;
    const has = (index: number) => peer.pieces.has(index) || view.shown.has(index);
    const nowMs = this.#clock.nowMs();
    for (const [index, shownAtMs] of view.untaken) {
      if (nowMs - shownAtMs > UNWANTED_AFTER_MS) view.untaken.delete(index);
    }
    while (view.untaken.size < this.#aheadPieces(peer)) {
      const index = this.#spreader.assign(peer, has, nowMs);
      if (index < 0) return;
      view.shown.set(index);
      view.untaken.set(index, nowMs);
      peer.sendHave(index);
    }
  }

  #aheadPieces(peer: P): number {
    const bytes = Math.max(MIN_AHEAD_BYTES, peer.uploadRate * AHEAD_SECONDS);
    const share = (this.#spreader.unassigned / this.#views.size) * SHARE_AHEAD;
    return Math.ceil(Math.max(1, Math.min(bytes / this.#geometry.pieceLength, share)));
  }

  /** The peer asked for a block that ends at `endOffset` of the piece. */
  onRequest(peer: P, index: number, endOffset: number): void {
    if (endOffset !== this.#geometry.pieceBytes(index)) return;
    this.#markTaken(peer, index);
    this.showMore(peer);
  }

  onPeerHas(peer: P, index: number): void {
    this.#spreader.onPeerHas(index, this.#clock.nowMs());
    this.#markTaken(peer, index);
  }

  onPeerGone(peer: P): void {
    this.#views.delete(peer);
    this.#spreader.onPeerGone(peer);
  }

  /** Shows every peer all that it has not been shown. */
  showAll(): void {
    for (const [peer, { shown }] of this.#views) {
      for (let index = 0; index < shown.length; index++) if (!shown.has(index)) peer.sendHave(index);
    }
    this.#views.clear();
  }

  #markTaken(peer: P, index: number): void {
    this.#views.get(peer)?.untaken.delete(index);
  }
}
