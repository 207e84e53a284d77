import { setTimeout as delay } from "node:timers/promises";
import type { Logger } from "@swarmlab/telemetry/logger";
import type { Swarm } from "../nodes/swarm.js";
import type { SwarmNode } from "../nodes/swarm-node.js";
import type { AppliedLink, KernelLinks } from "./kernel-links.js";
import type { LinkPlan } from "./link-plan.js";
import { Slots } from "./slots.js";

export type ReconcileResult = "changed" | "unchanged" | "failed";

export interface LinkKeeperOptions {
  readonly swarm: Swarm;
  /** Undefined where the agent is to leave the kernel alone. */
  readonly kernel: KernelLinks | undefined;
  readonly logger: Logger;
  /** A node's link was looked at, and made right if it was not. */
  readonly onReconciled: (result: ReconcileResult, seconds: number) => void;
  /** A node's link is in place, at first or after a change of the link; or it was not any more, and was repaired. */
  readonly onPlaced: (node: SwarmNode, isRepair: boolean) => void;
  /** How often each link is compared with the kernel anyway; less often where that would take too much time. */
  readonly verifyEveryMs: number;
}

/** How many containers are worked on at a time: enough for two busy cores, and the others wait for their turn. */
const concurrentNodes = 4;
const applyTimeoutMs = 30_000;
/** Looking whether all is right takes one part in so many of the time, at most. */
const restFactor = 20;
const gatherMs = 20;
const firstRetryMs = 500;
const maxRetryMs = 15_000;

const nothingApplied: AppliedLink = { isChanged: false, isUnfinished: false, hadQueues: false };

/** What is to be done for one node. */
interface Work {
  readonly gone: AbortController;
  /** Something may have to be done; `isForced`: even if the plan is the one that was carried out last. */
  isWanted: boolean;
  isForced: boolean;
  isRunning: boolean;
  /** Resolves when what is being done is done. */
  running: Promise<void>;
  /** The plan that was carried out last, as text. */
  donePlan: string | undefined;
  /** The revision whose link was announced as in place. */
  announcedRevision: number | undefined;
  /** Queues were not as planned yet when it was carried out last. */
  isUnfinished: boolean;
  retryMs: number;
  retry: NodeJS.Timeout | undefined;
}

/** Keeps every node's link as it is planned: when nodes come and go, links change, and when somebody else meddles. */
export class LinkKeeper {
  readonly #options: LinkKeeperOptions;
  readonly #slots = new Slots(concurrentNodes);
  readonly #work = new Map<SwarmNode, Work>();
  readonly #running = new Set<Promise<void>>();
  readonly #closing = new AbortController();
  #routes: NodeJS.Timeout | undefined;
  #isStarted = false;

  constructor(options: LinkKeeperOptions) {
    this.#options = options;
  }

  /**
   * All nodes are known: begins with what was wanted until now. Earlier, ways to nodes that are not known yet, or a
   * partition from them, would be taken away.
   */
  start(): void {
    if (this.#isStarted) return;
    this.#isStarted = true;
    for (const [node, work] of this.#work) this.#runUnlessRunning(node, work);
    void this.#verifyAll();
  }

  /** Looks after a node's link, new or changed or suspect. */
  attend(node: SwarmNode): void {
    this.#want(node, true);
  }

  /** Nodes came or went, or were divided: looks after the ways of all. Many such changes soon after each other are one. */
  attendRoutes(): void {
    if (this.#closing.signal.aborted) return;
    this.#routes ??= setTimeout(() => {
      this.#routes = undefined;
      for (const node of this.#options.swarm.nodes) this.#want(node, false);
    }, gatherMs);
  }

  /** The node is no more; what is being done for it is broken off. */
  forget(node: SwarmNode): void {
    const work = this.#work.get(node);
    this.#work.delete(node);
    clearTimeout(work?.retry);
    work?.gone.abort();
  }

  /** Stops looking after links, which stay as they are. What has begun is brought to its end, for so long. */
  async close(graceMs: number): Promise<void> {
    this.#closing.abort();
    clearTimeout(this.#routes);
    for (const work of this.#work.values()) clearTimeout(work.retry);
    const isOver = new AbortController();
    const { signal } = isOver;
    const grace = delay(graceMs, undefined, { signal }).catch(() => undefined);
    await Promise.race([Promise.all(this.#running), grace]);
    isOver.abort();
    for (const node of [...this.#work.keys()]) this.forget(node);
  }

  /** One node after the other, with rests in between. */
  async #verifyAll(): Promise<void> {
    const { swarm, verifyEveryMs } = this.#options;
    const { signal } = this.#closing;
    while (!signal.aborted) {
      const nodes = [...swarm.nodes];
      const shareMs = verifyEveryMs / Math.max(1, nodes.length);
      let restMs = shareMs;
      for (const node of nodes.length === 0 ? [undefined] : nodes) {
        await delay(restMs, undefined, { signal }).catch(() => undefined);
        if (node === undefined || !swarm.has(node) || signal.aborted) continue;
        const startMs = performance.now();
        this.attend(node);
        await this.#work.get(node)?.running;
        restMs = Math.max(shareMs, restFactor * (performance.now() - startMs));
      }
    }
  }

  #want(node: SwarmNode, isForced: boolean): void {
    if (this.#closing.signal.aborted) return;
    const work = this.#workFor(node);
    work.isWanted = true;
    work.isForced ||= isForced;
    clearTimeout(work.retry);
    this.#runUnlessRunning(node, work);
  }

  #runUnlessRunning(node: SwarmNode, work: Work): void {
    if (work.isRunning || !this.#isStarted) return;
    work.isRunning = true;
    const running = this.#run(node, work);
    work.running = running;
    this.#running.add(running);
    void running.then(() => this.#running.delete(running));
  }

  #workFor(node: SwarmNode): Work {
    const known = this.#work.get(node);
    if (known !== undefined) return known;
    const work: Work = {
      gone: new AbortController(),
      isWanted: false,
      isForced: false,
      isRunning: false,
      running: Promise.resolve(),
      donePlan: undefined,
      announcedRevision: undefined,
      isUnfinished: false,
      retryMs: firstRetryMs,
      retry: undefined,
    };
    this.#work.set(node, work);
    return work;
  }

  async #run(node: SwarmNode, work: Work): Promise<void> {
    while (work.isWanted && !this.#closing.signal.aborted && !work.gone.signal.aborted) {
      if (this.#isNothingToDo(node, work)) continue;
      await this.#slots.run(() => this.#reconcile(node, work), { isUrgent: !node.isPlaced });
    }
    work.isRunning = false;
  }

  /** Others coming and going changes most plans not at all. */
  #isNothingToDo(node: SwarmNode, work: Work): boolean {
    const { swarm } = this.#options;
    if (node.isWithoutLink) {
      work.isWanted = false;
      return true;
    }
    if (work.isForced || work.isUnfinished || JSON.stringify(swarm.planFor(node)) !== work.donePlan)
      return false;
    work.isWanted = false;
    node.settledTopology = swarm.topology;
    swarm.changes.notify();
    return true;
  }

  async #reconcile(node: SwarmNode, work: Work): Promise<void> {
    const { swarm, logger, onReconciled } = this.#options;
    if (this.#closing.signal.aborted || work.gone.signal.aborted) return;
    work.isWanted = false;
    work.isForced = false;
    const plan = swarm.planFor(node);
    const text = JSON.stringify(plan);
    const { topology } = swarm;
    const { revision } = node;
    const isRepeated = text === work.donePlan;
    const startMs = performance.now();
    const signal = AbortSignal.any([work.gone.signal, AbortSignal.timeout(applyTimeoutMs)]);
    let applied: AppliedLink;
    try {
      applied = await this.#carryOut(node, plan, signal);
    } catch (error) {
      if (work.gone.signal.aborted) return;
      onReconciled("failed", (performance.now() - startMs) / 1000);
      work.donePlan = undefined;
      this.#failed(node, work, error);
      return;
    }
    const { isChanged, isUnfinished, hadQueues } = applied;
    onReconciled(isChanged ? "changed" : "unchanged", (performance.now() - startMs) / 1000);
    if (work.gone.signal.aborted) return;
    const isRepair = isRepeated && isChanged && !work.isUnfinished;
    work.donePlan = text;
    work.isUnfinished = isUnfinished;
    if (isUnfinished) this.#wantLater(node, work);
    else work.retryMs = firstRetryMs;
    // A change that came meanwhile is carried out next.
    if (node.revision === revision) {
      node.settledTopology = topology;
      node.placed(hadQueues);
      if (isRepair) logger.warn({ node: node.name }, "link was not as planned, and is again");
      if (isRepair || work.announcedRevision !== revision) this.#options.onPlaced(node, isRepair);
      work.announcedRevision = revision;
    } else {
      work.isWanted = true;
      work.isForced = true;
    }
    swarm.changes.notify();
  }

  async #carryOut({ container }: SwarmNode, plan: LinkPlan, signal: AbortSignal): Promise<AppliedLink> {
    const { kernel, swarm } = this.#options;
    if (kernel === undefined) return nothingApplied;
    // Without links of ours in the kernel, there may still be some of a former run.
    const isToBeLeftAlone = swarm.backend !== "netem" && plan.blockedAddresses.length === 0;
    if (!isToBeLeftAlone) return kernel.apply(container, plan, signal);
    await kernel.remove(container, signal);
    return nothingApplied;
  }

  #failed(node: SwarmNode, work: Work, error: unknown): void {
    const { logger, swarm } = this.#options;
    const problem = error instanceof Error ? error.message : String(error);
    if (node.state !== "failed") logger.error({ node: node.name, problem }, "link failed");
    node.failed(problem);
    this.#wantLater(node, work);
    swarm.changes.notify();
  }

  /** The longer the more often that was necessary. */
  #wantLater(node: SwarmNode, work: Work): void {
    clearTimeout(work.retry);
    work.retry = setTimeout(() => this.#want(node, true), work.retryMs);
    work.retryMs = Math.min(2 * work.retryMs, maxRetryMs);
  }
}
