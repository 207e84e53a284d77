/** Queueing at the uploader that is aimed for on top of the path's own round trip. */
const QUEUE_TARGET_MS = 300;
const MIN_BLOCKS = 2;
const INITIAL_BLOCKS = 8;
/** What every common client accepts in its queue (libtorrent and Transmission: 500 or more; BEP 10 `reqq` says less). */
const MAX_BLOCKS = 500;

/**
 * How many blocks to keep asked for from one peer.
 *
 * Each block that comes sooner after its request than the horizon (twice the shortest time seen, plus a
 * fixed queueing target) widens the window by one, each that comes later narrows it by one. So
 * the window doubles once a round trip until it holds the bandwidth-delay product and a short queue, and
 * follows when the rate changes.
 */
export class RequestWindow {
  #maxBlocks = MAX_BLOCKS;
  #currentBlocks = INITIAL_BLOCKS;
  #shortestMs = Number.POSITIVE_INFINITY;
  #snubbed = false;

  /** Blocks that may be outstanding now. */
  get blocks(): number {
    return this.#snubbed ? 1 : this.#currentBlocks;
  }

  /** The shortest time from a request to its block, in milliseconds; infinite before the first. */
  get shortestLatencyMs(): number {
    return this.#shortestMs;
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
    if (latencyMs < this.#shortestMs) this.#shortestMs = latencyMs;
    if (latencyMs < 2 * this.#shortestMs + QUEUE_TARGET_MS) {
      this.#currentBlocks = Math.min(this.#maxBlocks, this.#currentBlocks + 1);
    } else {
      this.#currentBlocks = Math.max(Math.min(MIN_BLOCKS, this.#maxBlocks), this.#currentBlocks - 1);
    }
  }

  /** The peer let requests lie for too long: one at a time until it sends again. */
  snub(): void {
    this.#snubbed = true;
    this.#currentBlocks = Math.min(INITIAL_BLOCKS, this.#maxBlocks);
  }
}
