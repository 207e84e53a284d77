import type { CommandRunner } from "./command-runner.js";
import { type ApplyResult, applyLink } from "./control/apply-link.js";
import { KernelCommands } from "./control/kernel-commands.js";
import { readDevices, readStatistics } from "./control/read-link-state.js";
import { removeLink } from "./control/remove-link.js";
import type { DelayTables } from "./delay-tables.js";
import type { InterfaceLink } from "./interface-link.js";
import { LinkControlError } from "./link-control-error.js";
import { type TreeStatistics, treeStatistics } from "./state/link-state.js";

export interface LinkControllerOptions {
  /**
   * How long to wait for what is queued to leave before its queue is deleted; 5000 ms by default. The queue of a route that
   * takes longer stays until the next `apply`; when all queues of an interface are taken away, what is left in them is lost.
   */
  readonly drainTimeoutMs?: number;
}

/** Of both directions of a link, as the node sees it. */
export interface LinkStatistics {
  readonly up: TreeStatistics;
  readonly down: TreeStatistics;
}

const DEFAULT_DRAIN_TIMEOUT_MS = 5000;
const NO_STATISTICS = treeStatistics({ kind: "default" });

/**
 * Keeps the interfaces of one network namespace on their links. It holds no state of its own: what is in the kernel is
 * compared with what is desired, so that it does not matter what happened before, and to which process. Calls for changes
 * are carried out one after the other; two controllers must not change one interface at the same time.
 *
 * All methods reject with LinkPlanError (bad input), LinkControlError (refused by the kernel), CommandError (a program or
 * the namespace is missing), TcOutputError (an unknown version of iproute2) or the signal's reason.
 */
export class LinkController {
  readonly #runner: CommandRunner;
  readonly #tables: DelayTables;
  readonly #drainTimeoutMs: number;
  #last: Promise<unknown> = Promise.resolve();

  constructor(runner: CommandRunner, tables: DelayTables, options: LinkControllerOptions = {}) {
    this.#runner = runner;
    this.#tables = tables;
    this.#drainTimeoutMs = options.drainTimeoutMs ?? DEFAULT_DRAIN_TIMEOUT_MS;
  }

  /** Makes the interface what is desired, by as few changes as possible, none of which drops a queued packet. */
  apply(desired: InterfaceLink, signal?: AbortSignal): Promise<ApplyResult> {
    const drain = { timeoutMs: this.#drainTimeoutMs, signal };
    return this.#inTurn(() => applyLink(this.#commands(signal), desired, drain));
  }

  /** Takes away all that is ours, and leaves the interface as it was found; it may have gone in the meantime. */
  remove(interfaceName: string, signal?: AbortSignal): Promise<void> {
    const drain = { timeoutMs: this.#drainTimeoutMs, signal };
    return this.#inTurn(() => removeLink(this.#commands(signal), interfaceName, drain));
  }

  /**
   * What the queues of the link have done and hold; zeros where there are none. Counters begin with their queue, and end
   * with it when a route is taken away: in the total only what each queue has grown by means anything.
   */
  async statistics(interfaceName: string, signal?: AbortSignal): Promise<LinkStatistics> {
    const commands = this.#commands(signal);
    const devices = await readDevices(commands, interfaceName);
    if (devices.interface === undefined) {
      throw new LinkControlError("NO_SUCH_INTERFACE", `there is no interface ${interfaceName}`);
    }
    const [up = NO_STATISTICS, down = NO_STATISTICS] = await readStatistics(
      commands,
      devices.ifb === undefined ? [interfaceName] : [interfaceName, devices.ifb.name],
    );
    return { up, down };
  }

  #commands(signal: AbortSignal | undefined): KernelCommands {
    return new KernelCommands(this.#runner, this.#tables.folder, signal);
  }

  #inTurn<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#last.then(task);
    this.#last = result.catch(() => {});
    return result;
  }
}
