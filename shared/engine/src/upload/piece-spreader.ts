import type { Random } from "../ports/random.js";
import { shuffle } from "../ports/random.js";

/** Bounds of how long an assigned piece may take before it is shown to another peer as well. */
const MIN_STUCK_MS = 2_000;
const MAX_STUCK_MS = 15_000;
/** In between it is this many times what pieces take on average. */
const STUCK_FACTOR = 2.5;

/**
 * How the first seeder of a swarm gives every piece away once before it gives any twice (BEP 16).
 *
 * It shows each peer only the pieces that it assigned to that peer, and assigns each piece to one peer.
 * So no two peers ask for the same first copy, and the seeder's upload, which bounds the time of the
 * whole swarm, is spent once per piece. It is done when every piece is out.
 */
export class PieceSpreader<P extends object> {
  readonly #unassigned: number[];
  /** Piece to the peer that is to fetch it first, and since when. */
  readonly #assigned = new Map<number, { peer: P; sinceMs: number }>();
  readonly #isOut: Uint8Array;
  #outCount = 0;
  /** What pieces take from their assignment to being out, averaged exponentially; undefined before the first. */
  #meanMs: number | undefined;

  constructor(pieceCount: number, random: Random) {
    this.#isOut = new Uint8Array(pieceCount);
    this.#unassigned = shuffle(
      random,
      Array.from({ length: pieceCount }, (_, index) => index),
    );
  }

  /** Every piece has been seen at a peer. */
  get isDone(): boolean {
    return this.#outCount === this.#isOut.length;
  }

  /** Pieces that nobody was shown yet. */
  get unassigned(): number {
    return this.#unassigned.length;
  }

  /** Chooses a piece to show to `peer`, which must not have it; -1 when there is none for it now. */
  assign(peer: P, peerHas: (index: number) => boolean, nowMs: number): number {
    for (let i = this.#unassigned.length - 1; i >= 0; i--) {
      const index = this.#unassigned[i] as number;
      if (this.#isOut[index] !== 1 && peerHas(index)) continue;
      this.#unassigned.splice(i, 1);
      if (this.#isOut[index] === 1) continue;
      this.#assigned.set(index, { peer, sinceMs: nowMs });
      return index;
    }
    return this.#takeOverStuck(peer, peerHas, nowMs);
  }

  /** A peer has the piece. */
  onPeerHas(index: number, nowMs: number): void {
    if (this.#isOut[index] === 1) return;
    this.#isOut[index] = 1;
    this.#outCount++;
    const assignment = this.#assigned.get(index);
    if (assignment === undefined) return;
    this.#assigned.delete(index);
    const tookMs = nowMs - assignment.sinceMs;
    this.#meanMs = this.#meanMs === undefined ? tookMs : this.#meanMs + 0.1 * (tookMs - this.#meanMs);
  }

  /** The peer left: what was assigned to it can be assigned again. */
  onPeerGone(peer: P): void {
    for (const [index, assignment] of this.#assigned) {
      if (assignment.peer !== peer) continue;
      this.#assigned.delete(index);
      this.#unassigned.push(index);
    }
  }

  #takeOverStuck(peer: P, peerHas: (index: number) => boolean, nowMs: number): number {
    const stuckMs = this.#meanMs === undefined ? MAX_STUCK_MS : STUCK_FACTOR * this.#meanMs;
    const patienceMs = Math.min(MAX_STUCK_MS, Math.max(MIN_STUCK_MS, stuckMs));
    for (const [index, assignment] of this.#assigned) {
      if (nowMs - assignment.sinceMs < patienceMs || assignment.peer === peer || peerHas(index)) continue;
      this.#assigned.set(index, { peer, sinceMs: nowMs });
      return index;
    }
    return -1;
  }
}
