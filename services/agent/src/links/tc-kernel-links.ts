import { NO_LINK } from "@swarmlab/scenario/link";
import { CommandError, type CommandRunner } from "@swarmlab/tc-wrapper/command-runner";
import type { DelayTables } from "@swarmlab/tc-wrapper/delay-tables";
import { interfaceOfAddress } from "@swarmlab/tc-wrapper/interface-of-address";
import { LinkControlError } from "@swarmlab/tc-wrapper/link-control-error";
import { LinkController } from "@swarmlab/tc-wrapper/link-controller";
import type { Logger } from "@swarmlab/telemetry/logger";
import type { NodeContainer } from "../docker/node-container.js";
import type { KernelLinks, LinkQueues } from "./kernel-links.js";
import type { LinkPlan } from "./link-plan.js";

interface Place {
  readonly controller: LinkController;
  readonly interfaceName: string;
}

/** How the network namespaces of nodes are reached, and what is in them beside the swarm. */
export interface NamespaceAccess {
  readonly commandsFor: (container: NodeContainer) => CommandRunner;
  /** Why a node's address may not be there. */
  readonly hint: string;
  /** Ports of traffic that does not pass the link. */
  readonly unshapedPorts: readonly number[];
}

/** Links by tc, in the network namespace of each container, on its interface to the swarm's network. */
export class TcKernelLinks implements KernelLinks {
  readonly #tables: DelayTables;
  readonly #access: NamespaceAccess;
  readonly #logger: Logger;
  /** By run of a container; its address finds the interface, and proves that the namespace is still the container's. */
  readonly #places = new WeakMap<NodeContainer, Place>();

  constructor(tables: DelayTables, access: NamespaceAccess, logger: Logger) {
    this.#tables = tables;
    this.#access = access;
    this.#logger = logger;
  }

  async apply(container: NodeContainer, plan: LinkPlan, signal: AbortSignal): Promise<boolean> {
    const { controller, interfaceName } = await this.#placeOf(container, signal);
    const { changedCommands, tcpBuffers } = await controller.apply(
      { interfaceName, ...plan, unshapedPorts: this.#access.unshapedPorts },
      signal,
    );
    if (changedCommands > 0 && tcpBuffers === "not-writable" && plan.link !== NO_LINK) {
      this.#logger.debug(
        { node: container.name },
        "socket buffers could not be set for the link (/proc/sys is read-only): long fat links may not fill",
      );
    }
    return changedCommands > 0;
  }

  async remove(container: NodeContainer, signal: AbortSignal): Promise<void> {
    const { controller, interfaceName } = await this.#placeOf(container, signal);
    await controller.remove(interfaceName, signal);
  }

  async queues(container: NodeContainer, signal: AbortSignal): Promise<LinkQueues> {
    const { controller, interfaceName } =
      this.#places.get(container) ?? (await this.#placeOf(container, signal));
    return controller.statistics(interfaceName, signal);
  }

  async #placeOf(container: NodeContainer, signal: AbortSignal): Promise<Place> {
    const { commandsFor, hint } = this.#access;
    const commands = commandsFor(container);
    const interfaceName = await interfaceOf(commands, container, hint, signal);
    const known = this.#places.get(container);
    if (known?.interfaceName === interfaceName) return known;
    const place = { controller: new LinkController(commands, this.#tables), interfaceName };
    this.#places.set(container, place);
    return place;
  }
}

async function interfaceOf(
  commands: CommandRunner,
  { name, swarmAddresses: [address] }: NodeContainer,
  hint: string,
  signal: AbortSignal,
): Promise<string> {
  try {
    return await interfaceOfAddress(commands, address, signal);
  } catch (error) {
    const isElsewhere =
      (error instanceof CommandError && error.code === "NO_NAMESPACE") ||
      (error instanceof LinkControlError && error.code === "NO_SUCH_ADDRESS");
    if (!isElsewhere) throw error;
    throw new NamespaceError(`${name} has no interface with the address ${address}: ${hint}`, {
      cause: error,
    });
  }
}

/** A container's network namespace is not where its process id says. */
class NamespaceError extends Error {
  override readonly name = "NamespaceError";
  readonly code = "OTHER_NAMESPACE";
}
