/** Queueing at the uploader that is aimed for on top of the path's own round trip. */
const QUEUE_TARGET_MS = 400;
/** Enough that an uploader with many peers always has something of ours to send, and so sends us our share. */
const MIN_BLOCKS = 4;
const INITIAL_BLOCKS = 8;
/** What every common client accepts in its queue (libtorrent and Transmission: 500 or more; BEP 10 `reqq` says less). */
const MAX_BLOCKS = 500;

/**
 * How many blocks to keep asked for from one peer.
 *
 * A block should come within the horizon: the shortest time from request to block that was seen, plus a
 * fixed queueing target. After each round (as many blocks as the window holds) the window is scaled by
 * horizon / mean time, by two at the most. So it doubles once a round until it holds the bandwidth-delay
 * product and a short queue, stays there, and follows when the rate changes.
 */
export class RequestWindow {
  #maxBlocks = MAX_BLOCKS;
  #currentBlocks = INITIAL_BLOCKS;
  #shortestMs = Number.POSITIVE_INFINITY;
  #snubbed = false;
  #snubs = 0;
  #roundBlocks = 0;
  #roundMs = 0;

  /** Blocks that may be outstanding now. */
  get blocks(): number {
    return this.#snubbed ? 1 : this.#currentBlocks;
  }

  /** The shortest time from a request to its block, in milliseconds; infinite before the first. */
  get shortestLatencyMs(): number {
    return this.#shortestMs;
  }

  /** How often it was snubbed since its last block. */
  get snubs(): number {
    return this.#snubs;
  }

  get isSnubbed(): boolean {
    return this.#snubbed;
  }

  /** The peer said how many requests it queues (`reqq` of BEP 10). */
  limitTo(requestQueueLength: number): void {
    this.#maxBlocks = Math.max(1, Math.min(MAX_BLOCKS, requestQueueLength));
    this.#currentBlocks = Math.min(this.#currentBlocks, this.#maxBlocks);
  }

  onBlock(latencyMs: number): void {
    this.#snubbed = false;
    this.#snubs = 0;
    if (latencyMs < this.#shortestMs) this.#shortestMs = latencyMs;
    this.#roundBlocks++;
    this.#roundMs += latencyMs;
    if (this.#roundBlocks >= this.#currentBlocks) this.#endRound();
  }

  /** The peer let requests lie for too long: one at a time until it sends again. */
  snub(): void {
    this.#snubbed = true;
    this.#snubs++;
    this.#currentBlocks = Math.min(INITIAL_BLOCKS, this.#maxBlocks);
  }

  #endRound(): void {
    const horizonMs = this.#shortestMs + QUEUE_TARGET_MS;
    const meanMs = Math.max(this.#roundMs / this.#roundBlocks, Number.MIN_VALUE);
    const factor = horizonMs > meanMs ? Math.min(2, horizonMs / meanMs) : Math.sqrt(horizonMs / meanMs);
    const scaled = Math.round(this.#currentBlocks * factor);
    this.#currentBlocks = Math.min(this.#maxBlocks, Math.max(MIN_BLOCKS, scaled));
    this.#roundBlocks = 0;
    this.#roundMs = 0;
  }
}
