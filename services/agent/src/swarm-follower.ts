import type { Logger } from "@swarmlab/telemetry/logger";
import type { NodeContainer } from "./docker/node-container.js";
import type { OwnPlace } from "./docker/own-place.js";
import type { SwarmObserver } from "./docker/swarm-watcher.js";
import type { LinkKeeper } from "./links/link-keeper.js";
import type { LinkMeasurer } from "./measurement/link-measurer.js";
import type { Swarm } from "./nodes/swarm.js";
import type { AgentMemory } from "./state/agent-memory.js";

export interface SwarmFollowerOptions {
  readonly swarm: Swarm;
  readonly memory: AgentMemory;
  readonly keeper: LinkKeeper;
  readonly measurer: LinkMeasurer;
  readonly place: OwnPlace;
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
    const { swarm, memory, keeper, logger } = this.#options;
    this.#forget(container.id);
    for (const outdated of swarm.outdatedBy(container)) this.#forget(outdated.container.id);
    const node = swarm.add(container);
    memory.restore(node);
    const { name, region, named, backend } = node;
    logger.info({ node: name, link: named.text, backend, ...(region === null ? {} : { region }) }, "node");
    const { problem } = node.declaration;
    if (problem !== null) logger.error({ node: name }, problem);
    if (region !== null && swarm.backend !== "netem" && !this.#isRegionExplained) {
      this.#isRegionExplained = true;
      logger.warn(`delays to other regions are not emulated with the backend ${swarm.backend}`);
    }
    keeper.attend(node);
    keeper.attendRoutes();
    swarm.changes.notify();
  }

  onGone(id: string): void {
    const { swarm, keeper } = this.#options;
    this.#forget(id);
    keeper.attendRoutes();
    swarm.changes.notify();
  }

  onListed(ids: ReadonlySet<string>, subnets: readonly string[]): void {
    const { swarm, memory, place, logger } = this.#options;
    memory.note(swarm);
    // Some may have started while the list was made.
    const existing = new Set([...ids, ...swarm.nodes.map(({ container }) => container.id)]);
    if (memory.keepOnly(existing).isPartitionOver) {
      swarm.partition = undefined;
      logger.info("swarm healed: those who were divided are gone");
    }
    place.locate(subnets);
  }

  onCaughtUp(): void {
    this.#options.keeper.start();
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
