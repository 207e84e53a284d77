import type { LinkQueue } from "@swarmlab/agent-api/node-link";
import type { NodeContainer } from "../docker/node-container.js";
import type { LinkPlan } from "./link-plan.js";

/** The queues of a link. */
export interface LinkQueues {
  readonly up: LinkQueue;
  readonly down: LinkQueue;
}

/** What makes links: the kernel, through tc. */
export interface KernelLinks {
  /** Makes a container's link as planned, and says whether anything had to be changed. Whatever is right stays as it is. */
  apply(container: NodeContainer, plan: LinkPlan, signal: AbortSignal): Promise<boolean>;
  /** Takes away all that was made for this container. */
  remove(container: NodeContainer, signal: AbortSignal): Promise<void>;
  queues(container: NodeContainer, signal: AbortSignal): Promise<LinkQueues>;
}
