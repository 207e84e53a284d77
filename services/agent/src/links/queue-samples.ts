import { setTimeout as delay } from "node:timers/promises";
import type { Swarm } from "../nodes/swarm.js";
import type { SwarmNode } from "../nodes/swarm-node.js";
import type { KernelLinks, LinkQueues } from "./kernel-links.js";
import { QueueTotals } from "./queue-totals.js";
import { Slots } from "./slots.js";

/** Scrapes and requests soon after each other look at the kernel once. */
const maxAgeMs = 2000;
/** Looking at all nodes takes a tenth of the time at most; where it is slow, it is done less often. */
const restFactor = 10;
/** Where looking takes longer, what is known of earlier is given: well within the second that Prometheus waits for a scrape. */
const patienceMs = 300;
const concurrentNodes = 4;
const timeoutMs = 10_000;

export interface QueueSamplesOptions {
  readonly swarm: Swarm;
  readonly kernel: KernelLinks | undefined;
  /** Ends with the agent. */
  readonly signal: AbortSignal;
}

/** What is known of one node's queues. */
interface Known {
  readonly totals: QueueTotals;
  queues: LinkQueues | undefined;
  /** When the last look ended, and how long it took. */
  endMs: number;
  elapsedMs: number;
  looking: Promise<void> | undefined;
}

/** The queues of all links that the kernel makes, read when somebody asks. */
export class QueueSamples {
  readonly #options: QueueSamplesOptions;
  readonly #slots = new Slots(concurrentNodes);
  readonly #known = new WeakMap<SwarmNode, Known>();

  constructor(options: QueueSamplesOptions) {
    this.#options = options;
  }

  /** Of all nodes, as they are or were lately; those whose queues could not be read yet are left out. */
  async all(): Promise<ReadonlyMap<SwarmNode, LinkQueues>> {
    const nodes = this.#options.swarm.nodes.filter((node) => this.#hasQueues(node));
    const rounds = Math.ceil(nodes.length / concurrentNodes);
    const nowMs = performance.now();
    const looks = nodes.flatMap((node) => {
      const { endMs, elapsedMs } = this.#knownOf(node);
      const isFresh = nowMs - endMs < Math.max(maxAgeMs, restFactor * rounds * elapsedMs);
      return isFresh ? [] : [this.#look(node)];
    });
    if (looks.length > 0) {
      const isOver = new AbortController();
      const { signal } = isOver;
      await Promise.race([
        Promise.all(looks),
        delay(patienceMs, undefined, { signal }).catch(() => undefined),
      ]);
      isOver.abort();
    }
    return new Map(
      nodes.flatMap((node) => {
        const { queues } = this.#knownOf(node);
        return queues === undefined ? [] : [[node, queues] as const];
      }),
    );
  }

  /** Of one node, as they are now; undefined when the kernel does not make its link, or it cannot be read. */
  async of(node: SwarmNode): Promise<LinkQueues | undefined> {
    if (!this.#hasQueues(node)) return undefined;
    const known = this.#knownOf(node);
    // A look that has begun already may be of a moment ago.
    await known.looking;
    const { endMs } = known;
    await this.#look(node);
    return known.endMs > endMs ? known.queues : undefined;
  }

  #hasQueues(node: SwarmNode): boolean {
    return this.#options.kernel !== undefined && node.backend === "netem" && node.isPlaced;
  }

  #knownOf(node: SwarmNode): Known {
    const known = this.#known.get(node) ?? {
      totals: new QueueTotals({ areOld: node.hadQueuesBefore === true }),
      queues: undefined,
      endMs: Number.NEGATIVE_INFINITY,
      elapsedMs: 0,
      looking: undefined,
    };
    this.#known.set(node, known);
    return known;
  }

  #look(node: SwarmNode): Promise<void> {
    const known = this.#knownOf(node);
    known.looking ??= this.#slots
      .run(() => this.#read(node, known))
      .finally(() => {
        known.looking = undefined;
      });
    return known.looking;
  }

  async #read(node: SwarmNode, known: Known): Promise<void> {
    const { kernel, signal } = this.#options;
    if (kernel === undefined) return;
    const startMs = performance.now();
    try {
      const inTime = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
      known.queues = known.totals.add(await kernel.queues(node.container, inTime));
      known.endMs = performance.now();
      known.elapsedMs = known.endMs - startMs;
    } catch {
      // The container ended, or the next reconciliation says what is wrong.
    }
  }
}
