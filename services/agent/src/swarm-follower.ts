import type { Logger } from "@swarmlab/telemetry/logger";
import type { NodeContainer } from "./docker/node-container.js";
import type { LinkKeeper } from "./links/link-keeper.js";
import type { LinkMeasurer } from "./measurement/link-measurer.js";
import type { DeclaredElsewhere, Swarm } from "./nodes/swarm.js";
import type { SwarmNode } from "./nodes/swarm-node.js";
import type { AgentMemory } from "./state/agent-memory.js";
import type { SwarmObserver } from "./swarm-source.js";

export interface SwarmFollowerOptions {
  readonly swarm: Swarm;
  readonly memory: AgentMemory;
  readonly keeper: LinkKeeper;
  readonly measurer: LinkMeasurer;
  readonly logger: Logger;
}

/** Makes of the containers that come and go the nodes of the swarm, with what was known of them before. */
export class SwarmFollower implements SwarmObserver {
  readonly #options: SwarmFollowerOptions;
  #isRegionExplained = false;

  constructor(options: SwarmFollowerOptions) {
    this.#options = options;
  }

  onNode(container: NodeContainer): void {
    const { swarm, memory, keeper } = this.#options;
    const known = swarm.byId(container.id);
    if (known !== undefined && isSameRun(known.container, container)) {
      swarm.redeclare(known, container);
      this.#tell(known, "node declared otherwise");
      keeper.attend(known);
    } else {
      this.#forget(container.id);
      for (const outdated of swarm.outdatedBy(container)) this.#forget(outdated.container.id);
      const node = swarm.add(container);
      memory.restore(node);
      this.#tell(node, "node");
      keeper.attend(node);
    }
    keeper.attendRoutes();
    swarm.changes.notify();
  }

  onGone(id: string): void {
    const { swarm, keeper } = this.#options;
    this.#forget(id);
    keeper.attendRoutes();
    swarm.changes.notify();
  }

  onListed(ids: ReadonlySet<string>): void {
    const { swarm, memory, logger } = this.#options;
    memory.note(swarm);
    // Some may have started while the list was made.
    const existing = new Set([...ids, ...swarm.nodes.map(({ container }) => container.id)]);
    if (memory.keepOnly(existing).isPartitionOver) {
      swarm.partition = undefined;
      logger.info("swarm healed: those who were divided are gone");
    }
  }

  onElsewhere(others: readonly DeclaredElsewhere[]): void {
    const { swarm, keeper } = this.#options;
    swarm.elsewhere = others;
    keeper.attendRoutes();
    swarm.changes.notify();
  }

  onCaughtUp(): void {
    this.#options.keeper.start();
  }

  #tell(node: SwarmNode, message: string): void {
    const { swarm, logger } = this.#options;
    const { name, region, named, backend } = node;
    const { problem } = node.declaration;
    if (problem !== null) {
      logger.error({ node: name }, problem);
      return;
    }
    logger.info({ node: name, link: named.text, backend, ...(region === null ? {} : { region }) }, message);
    if (region !== null && swarm.backend !== "netem" && !this.#isRegionExplained) {
      this.#isRegionExplained = true;
      logger.warn(`delays to other regions are not emulated with the backend ${swarm.backend}`);
    }
  }

  #forget(id: string): void {
    const { swarm, memory, keeper, measurer, logger } = this.#options;
    memory.note(swarm);
    const node = swarm.remove(id);
    if (node === undefined) return;
    keeper.forget(node);
    measurer.forget(node);
    logger.info({ node: node.name }, "node ended");
  }
}

/** Nothing but what is declared differs. */
function isSameRun(known: NodeContainer, seen: NodeContainer): boolean {
  const { link, region } = known;
  return JSON.stringify(known) === JSON.stringify({ ...seen, link, region });
}
