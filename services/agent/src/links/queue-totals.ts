import type { LinkQueue } from "@swarmlab/agent-api/node-link";
import type { LinkQueues } from "./kernel-links.js";

const counters = ["sentBytes", "sentPackets", "droppedPackets"] as const;

/**
 * Counters that only grow, made of the kernel's, which lose what a queue had counted when the queue is taken away. They begin
 * with the first sample: another run of the agent begins lower than its former one ended if queues were taken away, which
 * Prometheus takes for the reset that it is. Each direction is the sum of its queues, so where one is taken away, what
 * the others have counted since the last sample may be missing, but nothing is counted twice.
 */
export class QueueTotals {
  #latest: LinkQueues | undefined;
  #totals: LinkQueues | undefined;

  /** What has been counted in all, and the backlog as it is. */
  add(sample: LinkQueues): LinkQueues {
    const totals =
      this.#latest === undefined || this.#totals === undefined
        ? sample
        : {
            up: grown(this.#totals.up, this.#latest.up, sample.up),
            down: grown(this.#totals.down, this.#latest.down, sample.down),
          };
    this.#latest = sample;
    this.#totals = totals;
    return totals;
  }
}

function grown(total: LinkQueue, latest: LinkQueue, sample: LinkQueue): LinkQueue {
  const sums = { ...sample };
  for (const counter of counters) {
    sums[counter] = total[counter] + Math.max(0, sample[counter] - latest[counter]);
  }
  return sums;
}
