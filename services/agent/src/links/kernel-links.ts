import type { LinkQueue } from "@swarmlab/agent-api/node-link";
import type { NodeContainer } from "../docker/node-container.js";
import type { LinkPlan } from "./link-plan.js";

/** Both directions of a link, as its node sees it. */
export interface LinkQueues {
  readonly up: LinkQueue;
  readonly down: LinkQueue;
}

/** The same, as the kernel counts it: by queue, of which there is one for each delay. */
export interface LinkSample {
  readonly up: ReadonlyMap<number, LinkQueue>;
  readonly down: ReadonlyMap<number, LinkQueue>;
}

/** What became of a plan. */
export interface AppliedLink {
  /** Anything had to be changed. */
  readonly isChanged: boolean;
  /** Some queues are not as planned until what waits in them has left: to be applied once more, soon. */
  readonly isUnfinished: boolean;
  /** There were queues before, which have counted already. */
  readonly hadQueues: boolean;
}

/** What makes links: the kernel, through tc. */
export interface KernelLinks {
  /** Makes a container's link as planned. Whatever is right stays as it is. */
  apply(container: NodeContainer, plan: LinkPlan, signal: AbortSignal): Promise<AppliedLink>;
  /** Takes away all that was made for this container. */
  remove(container: NodeContainer, signal: AbortSignal): Promise<void>;
  queues(container: NodeContainer, signal: AbortSignal): Promise<LinkSample>;
}
