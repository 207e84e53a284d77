import { NO_LINK } from "@swarmlab/scenario/link";
import { CommandError, type CommandRunner, inNetworkNamespace } from "@swarmlab/tc-wrapper/command-runner";
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

/** Links by tc, in the network namespace of each container, on its interface to the swarm's network. */
export class TcKernelLinks implements KernelLinks {
  readonly #tables: DelayTables;
  readonly #logger: Logger;
  /** By run of a container; its address finds the interface, and proves that the namespace is still the container's. */
  readonly #places = new WeakMap<NodeContainer, Place>();

  constructor(tables: DelayTables, logger: Logger) {
    this.#tables = tables;
    this.#logger = logger;
  }

  async apply(container: NodeContainer, plan: LinkPlan, signal: AbortSignal): Promise<boolean> {
    const { controller, interfaceName } = await this.#placeOf(container, signal);
    const { changedCommands, tcpBuffers } = await controller.apply(
      { interfaceName, ...plan, unshapedPorts: [] },
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
    const commands = inNetworkNamespace(`/proc/${container.pid}/ns/net`);
    const interfaceName = await interfaceOf(commands, container, signal);
    const known = this.#places.get(container);
    if (known?.interfaceName === interfaceName) return known;
    const place = { controller: new LinkController(commands, this.#tables), interfaceName };
    this.#places.set(container, place);
    return place;
  }
}

async function interfaceOf(
  commands: CommandRunner,
  { pid, swarmAddresses: [address] }: NodeContainer,
  signal: AbortSignal,
): Promise<string> {
  try {
    return await interfaceOfAddress(commands, address, signal);
  } catch (error) {
    const isElsewhere =
      (error instanceof CommandError && error.code === "NO_NAMESPACE") ||
      (error instanceof LinkControlError && error.code === "NO_SUCH_ADDRESS");
    if (!isElsewhere) throw error;
    throw new NamespaceError(
      `process ${pid} has no interface with the address ${address}: it has just ended, or the agent is not in the ` +
        "host's PID namespace (pid: host)",
      { cause: error },
    );
  }
}

/** A container's network namespace is not where its process id says. */
class NamespaceError extends Error {
  override readonly name = "NamespaceError";
  readonly code = "OTHER_NAMESPACE";
}
