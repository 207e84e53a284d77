import type { LinkQueue } from "@swarmlab/agent-api/node-link";
import type { LinkQueues, LinkSample } from "./kernel-links.js";

const counters = ["sentBytes", "sentPackets", "droppedPackets"] as const;
const emptyQueue: LinkQueue = {
  sentBytes: 0,
  sentPackets: 0,
  droppedPackets: 0,
  backlogBytes: 0,
  backlogPackets: 0,
};

export interface QueueTotalsOptions {
  /** The queues have counted before this run of the agent. */
  readonly areOld: boolean;
}

/**
 * Counters of one run of a node that only grow, made of the kernel's, which end with their queue when it is taken away: what
 * each queue has grown by is added up. A queue that is new, or that has counted less than before and so must be new, counts
 * whole. What a queue has counted between the last look and its end is missing; nothing is counted twice.
 *
 * They begin anew with each run of the agent, at 0 where the queues are older than that: Prometheus takes the fall for the
 * reset that it is, and adds no growth that it has seen already.
 */
export class QueueTotals {
  readonly #areOld: boolean;
  #latest: LinkSample | undefined;
  #totals: LinkQueues = { up: emptyQueue, down: emptyQueue };

  constructor({ areOld }: QueueTotalsOptions) {
    this.#areOld = areOld;
  }

  /** What has been counted in all, and the backlog as it is. */
  add(sample: LinkSample): LinkQueues {
    const latest = this.#latest ?? (this.#areOld ? sample : undefined);
    const { up, down } = this.#totals;
    this.#totals = { up: grown(up, latest?.up, sample.up), down: grown(down, latest?.down, sample.down) };
    this.#latest = sample;
    return this.#totals;
  }
}

function grown(
  total: LinkQueue,
  latest: ReadonlyMap<number, LinkQueue> | undefined,
  sample: ReadonlyMap<number, LinkQueue>,
): LinkQueue {
  const sums = { ...total, backlogBytes: 0, backlogPackets: 0 };
  for (const [minor, queue] of sample) {
    const known = latest?.get(minor);
    const isSame = known !== undefined && counters.every((counter) => queue[counter] >= known[counter]);
    for (const counter of counters) sums[counter] += queue[counter] - (isSame ? known[counter] : 0);
    sums.backlogBytes += queue.backlogBytes;
    sums.backlogPackets += queue.backlogPackets;
  }
  return sums;
}
