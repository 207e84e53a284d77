import { type Random, randomBelow } from "../ports/random.js";

/** How often the regular slots are given anew (BEP 3). */
export const CHOKE_INTERVAL_MS = 10_000;
/** How long an optimistic unchoke lasts (BEP 3). */
export const OPTIMISTIC_INTERVAL_MS = 30_000;

/** A connected peer as the choker sees it. */
export interface ChokePeer {
  readonly isInterested: boolean;
  readonly isUnchoked: boolean;
  /** Payload that the peer sent us lately, in bytes per second. */
  readonly downloadRate: number;
  /** Payload that we sent the peer lately, in bytes per second. */
  readonly uploadRate: number;
  /** We asked the peer for blocks and it has let them lie. */
  readonly isSnubbing: boolean;
}

/**
 * Who may download from us (BEP 3). While we download, the slots go to the peers that send us most
 * (tit for tat); once we seed, to those that take most. One slot is optimistic: it goes round
 * all other peers, the one that waited longest first, so that newcomers get a start and nobody can
 * capture it.
 */
export class Choker<P extends ChokePeer> {
  readonly #random: Random;
  readonly #lastOptimisticMs = new WeakMap<P, number>();
  #optimistic: P | undefined;
  #optimisticSinceMs = Number.NEGATIVE_INFINITY;

  constructor(random: Random) {
    this.#random = random;
  }

  /** The peer that holds the optimistic slot. */
  get optimistic(): P | undefined {
    return this.#optimistic;
  }

  /** Chooses anew: the peers to be unchoked until the next round, at most `slots` (1 or more) of them. */
  round(peers: Iterable<P>, slots: number, isSeeding: boolean, nowMs: number): Set<P> {
    const interested = [...peers].filter((peer) => peer.isInterested);
    const rate = (peer: P) => (isSeeding ? peer.uploadRate : peer.downloadRate);
    const ranked = interested
      .filter((peer) => isSeeding || !peer.isSnubbing)
      .map((peer) => ({ peer, rate: rate(peer), tie: this.#random.nextUint32() }))
      .sort((a, b) => b.rate - a.rate || a.tie - b.tie);
    const regular = Math.max(0, slots - 1);
    const chosen = new Set(ranked.slice(0, regular).map((entry) => entry.peer));
    const isExpired = nowMs - this.#optimisticSinceMs >= OPTIMISTIC_INTERVAL_MS;
    const held = this.#optimistic;
    const holdIsOver = held === undefined || isExpired || !held.isInterested || !interested.includes(held);
    if (holdIsOver || chosen.has(held)) this.#chooseOptimistic(interested, chosen, nowMs);
    if (this.#optimistic !== undefined) chosen.add(this.#optimistic);
    // Slots that nobody earned are not left empty.
    for (const { peer } of ranked) {
      if (chosen.size >= slots) break;
      chosen.add(peer);
    }
    return chosen;
  }

  /** Between rounds: the interested peers that may take free slots at once. */
  admit(peers: Iterable<P>, slots: number): P[] {
    const waiting: P[] = [];
    let taken = 0;
    for (const peer of peers) {
      if (!peer.isInterested) continue;
      if (peer.isUnchoked) taken++;
      else waiting.push(peer);
    }
    return waiting.slice(0, Math.max(0, slots - taken));
  }

  #chooseOptimistic(interested: readonly P[], chosen: ReadonlySet<P>, nowMs: number): void {
    let longestWaiting: P[] = [];
    let oldestMs = Number.POSITIVE_INFINITY;
    for (const peer of interested) {
      if (chosen.has(peer)) continue;
      const lastMs = this.#lastOptimisticMs.get(peer) ?? Number.NEGATIVE_INFINITY;
      if (lastMs < oldestMs) longestWaiting = [];
      if (lastMs <= oldestMs) longestWaiting.push(peer);
      oldestMs = Math.min(oldestMs, lastMs);
    }
    this.#optimistic = longestWaiting[randomBelow(this.#random, Math.max(1, longestWaiting.length))];
    this.#optimisticSinceMs = nowMs;
    if (this.#optimistic !== undefined) this.#lastOptimisticMs.set(this.#optimistic, nowMs);
  }
}

/**
 * Upload slots that suit an upload rate: enough that the link is never idle for want of a peer with
 * something to ask, few enough that each gets pieces in good time (the rule of the mainline client).
 */
export function slotsForRate(uploadBytesPerSecond: number): number {
  return Math.max(MIN_AUTO_SLOTS, Math.ceil(Math.sqrt(0.6 * (uploadBytesPerSecond / 1024))));
}

const MIN_AUTO_SLOTS = 8;
