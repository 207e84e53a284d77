import { setTimeout as delay } from "node:timers/promises";
import type { LinkQueue } from "@swarmlab/agent-api/node-link";
import type { Link } from "@swarmlab/scenario/link";
import type { NodeContainer } from "../docker/node-container.js";
import type { AgentHost } from "../host/agent-host.js";
import type { KernelAbilities } from "../links/backend-choice.js";
import type { AppliedLink, LinkSample } from "../links/kernel-links.js";
import type { LinkPlan } from "../links/link-plan.js";
import type { Direction } from "../measurement/flood-plan.js";
import { MeasurementError } from "../measurement/measurement-error.js";

const emptyQueue: LinkQueue = {
  sentBytes: 0,
  sentPackets: 0,
  droppedPackets: 0,
  backlogBytes: 0,
  backlogPackets: 0,
};

/**
 * A kernel that takes links and keeps them in memory, by run of a container, and measurements that find what is kept there:
 * for tests on hosts that cannot shape. It outlives agents, as a kernel does.
 */
export class FakeHost implements AgentHost {
  can: KernelAbilities = { canShape: true, canDrop: true, explanation: "" };
  /** What is in force, by container name and process id. */
  readonly plans = new Map<string, LinkPlan>();
  /** Each change, in its order: a container's name and what was done. */
  readonly changes: string[] = [];
  /** How long a change takes. */
  applyMs = 0;
  /** How many changes are in progress, and were at most. */
  applying = 0;
  maxApplying = 0;
  /** Containers whose links the kernel refuses. */
  readonly refused = new Set<string>();
  /** So often must the link of a container be applied until its queues are as planned. */
  readonly longQueues = new Map<string, number>();
  /** Added to what a round trip takes by the link in force: a busy link, or a mistake. */
  readonly extraRttMs = new Map<string, number>();
  /** Measured of declared; of a list, one for each measurement, until the last is left. */
  rateFactors: readonly [number, ...number[]] = [1];
  /** Per look at the queues of a container, what else it has sent. */
  readonly otherTrafficBytes = new Map<string, number>();
  readonly #sent = new Map<string, number>();
  pings = 0;

  readonly links = {
    apply: async (container: NodeContainer, plan: LinkPlan, signal: AbortSignal): Promise<AppliedLink> => {
      this.applying += 1;
      this.maxApplying = Math.max(this.maxApplying, this.applying);
      try {
        await delay(this.applyMs, undefined, { signal });
      } finally {
        this.applying -= 1;
      }
      if (this.refused.has(container.name)) throw new Error("the kernel refuses");
      const key = keyOf(container);
      const present = this.plans.get(key);
      const longQueues = this.longQueues.get(container.name) ?? 0;
      this.longQueues.set(container.name, Math.max(0, longQueues - 1));
      const isChanged = longQueues > 0 || JSON.stringify(present) !== JSON.stringify(plan);
      if (isChanged) this.changes.push(`${container.name} applied`);
      this.plans.set(key, plan);
      return { isChanged, isUnfinished: longQueues > 1, hadQueues: present !== undefined };
    },
    remove: async (container: NodeContainer): Promise<void> => {
      if (this.plans.delete(keyOf(container))) this.changes.push(`${container.name} removed`);
    },
    queues: async (container: NodeContainer): Promise<LinkSample> => {
      const sentBytes =
        (this.#sent.get(container.name) ?? 0) + (this.otherTrafficBytes.get(container.name) ?? 0);
      this.#sent.set(container.name, sentBytes);
      return { up: new Map([[1, { ...emptyQueue, sentBytes }]]), down: new Map([[1, emptyQueue]]) };
    },
  };

  async abilities(): Promise<KernelAbilities> {
    return this.can;
  }

  probes() {
    return {
      roundTripCost: { bytes: 98, packets: 1 },
      roundTrips: async (container: NodeContainer): Promise<number[]> => {
        this.pings += 1;
        const extraMs = this.extraRttMs.get(container.name) ?? 0;
        if (extraMs === Number.POSITIVE_INFINITY) {
          throw new MeasurementError("NO_ANSWER", "0 of 10 pings were answered");
        }
        return new Array<number>(10).fill(2 * this.#linkOf(container).delayMs + extraMs);
      },
      rate: async (container: NodeContainer, _: Link, direction: Direction): Promise<number> => {
        const { upBitsPerSecond, downBitsPerSecond } = this.#linkOf(container);
        const [factor, ...[next, ...later]] = this.rateFactors;
        if (next !== undefined) this.rateFactors = [next, ...later];
        return factor * ((direction === "up" ? upBitsPerSecond : downBitsPerSecond) ?? 1e9);
      },
      path: async (from: NodeContainer, to: NodeContainer): Promise<number[]> => {
        const way = (a: NodeContainer, b: NodeContainer) =>
          this.#linkOf(a).delayMs +
          this.#linkOf(b).delayMs +
          (this.plans
            .get(keyOf(a))
            ?.routes.find(({ destinations }) => destinations.includes(b.swarmAddresses[0]))?.delayMs ?? 0);
        return new Array<number>(10).fill(way(from, to) + way(to, from));
      },
    };
  }

  async close(): Promise<void> {}

  #linkOf(container: NodeContainer): Pick<Link, "delayMs" | "upBitsPerSecond" | "downBitsPerSecond"> {
    return this.plans.get(keyOf(container))?.link ?? { delayMs: 0 };
  }
}

/** A new run of a container has a namespace of its own, in which nothing is. */
function keyOf({ name, pid }: NodeContainer): string {
  return `${name} ${pid}`;
}
