import { NO_LINK } from "@swarmlab/scenario/link";
import type { DelayTables } from "@swarmlab/tc-wrapper/delay-tables";
import { LinkController } from "@swarmlab/tc-wrapper/link-controller";
import type { Logger } from "@swarmlab/telemetry/logger";
import type { NodeContainer } from "../docker/node-container.js";
import { type NamespaceAccess, openNamespace } from "./container-namespace.js";
import type { AppliedLink, KernelLinks, LinkSample } from "./kernel-links.js";
import type { LinkPlan } from "./link-plan.js";

interface Place {
  readonly controller: LinkController;
  readonly interfaceName: string;
}

export interface TcKernelLinksOptions {
  readonly tables: DelayTables;
  readonly access: NamespaceAccess;
  /** Ports of traffic that does not pass the link. */
  readonly unshapedPorts: readonly number[];
  readonly logger: Logger;
}

/** Links by tc, in the network namespace of each container, on its interface to the swarm's network. */
export class TcKernelLinks implements KernelLinks {
  readonly #tables: DelayTables;
  readonly #access: NamespaceAccess;
  readonly #unshapedPorts: readonly number[];
  readonly #logger: Logger;
  /** By run of a container. */
  readonly #places = new WeakMap<NodeContainer, Place>();

  constructor({ tables, access, unshapedPorts, logger }: TcKernelLinksOptions) {
    this.#tables = tables;
    this.#access = access;
    this.#unshapedPorts = unshapedPorts;
    this.#logger = logger;
  }

  async apply(container: NodeContainer, plan: LinkPlan, signal: AbortSignal): Promise<AppliedLink> {
    const { controller, interfaceName } = await this.#placeOf(container, signal);
    const { changedCommands, undrainedQueues, longQueues, hadQueues, tcpBuffers } = await controller.apply(
      { interfaceName, ...plan, unshapedPorts: this.#unshapedPorts },
      signal,
    );
    const isChanged = changedCommands > 0;
    if (isChanged && tcpBuffers === "not-writable" && plan.link !== NO_LINK) {
      this.#logger.debug(
        { node: container.name },
        "socket buffers could not be set for the link (/proc/sys is read-only): long fat links may not fill",
      );
    }
    return { isChanged, isUnfinished: undrainedQueues + longQueues > 0, hadQueues };
  }

  async remove(container: NodeContainer, signal: AbortSignal): Promise<void> {
    const { controller, interfaceName } = await this.#placeOf(container, signal);
    await controller.remove(interfaceName, signal);
  }

  async queues(container: NodeContainer, signal: AbortSignal): Promise<LinkSample> {
    const { controller, interfaceName } = await this.#placeOf(container, signal);
    const { up, down } = await controller.statistics(interfaceName, signal);
    return { up: up.leaves, down: down.leaves };
  }

  async #placeOf(container: NodeContainer, signal: AbortSignal): Promise<Place> {
    const { commands, interfaceName } = await openNamespace(this.#access, container, signal);
    const known = this.#places.get(container);
    if (known?.interfaceName === interfaceName) return known;
    const place = { controller: new LinkController(commands, this.#tables), interfaceName };
    this.#places.set(container, place);
    return place;
  }
}
