import { LinkError } from "@swarmlab/scenario/link-error";
import type { Logger } from "@swarmlab/telemetry/logger";
import { type NamedLink, namedLink } from "../nodes/named-link.js";
import type { Swarm } from "../nodes/swarm.js";
import type { SwarmNode } from "../nodes/swarm-node.js";
import { type AgentState, type ContainerState, stateOf } from "./agent-state.js";
import { StateError, type StateFile } from "./state-file.js";

/** What the agent knows again after a restart: links changed through the API, the partition, and certificates. */
export class AgentMemory {
  readonly #file: StateFile;
  readonly #logger: Logger;
  #state: AgentState;
  #writtenText: string | undefined;

  private constructor(file: StateFile, state: AgentState, logger: Logger) {
    this.#file = file;
    this.#state = state;
    this.#logger = logger;
  }

  /** A file that cannot be understood is left behind, with a word in the log. */
  static async open(file: StateFile, logger: Logger): Promise<AgentMemory> {
    try {
      return new AgentMemory(file, await file.read(), logger);
    } catch (error) {
      if (!(error instanceof StateError)) throw error;
      logger.error(`${error.message}; links begin as they are declared`);
      return new AgentMemory(file, { version: 1, containers: {} }, logger);
    }
  }

  /** Before the first list of containers: what was in force when the agent ended. */
  get partition(): AgentState["partition"] {
    return this.#state.partition;
  }

  /** A node of a container that may have been known before. */
  restore(node: SwarmNode): void {
    const known = this.#state.containers[node.container.id];
    if (known === undefined) return;
    const changed = node.mayBeChanged ? this.#changedLink(known, node.container.link) : undefined;
    const { certified, changedAtMs, revision } = known;
    const restored = { changed, changedAtMs, revision };
    node.restore({ ...restored, certificate: undefined });
    const isSame =
      certified !== undefined &&
      certified.startedAt === node.container.startedAt &&
      certified.link === node.named.text &&
      certified.backend === node.backend &&
      certified.certificate.revision === revision;
    if (isSame) node.restore({ ...restored, certificate: certified.certificate });
  }

  /** Takes over what the swarm's nodes are like now. */
  note(swarm: Swarm): void {
    const { partition: _, ...others } = this.#state;
    const noted = Object.fromEntries(swarm.nodes.map((node) => [node.container.id, containerState(node)]));
    this.#state = {
      ...others,
      containers: { ...others.containers, ...noted },
      ...(swarm.partition === undefined ? {} : { partition: swarm.partition }),
    };
  }

  /** Forgets containers that do not exist any more; says whether the partition went with the last of them. */
  keepOnly(existingIds: ReadonlySet<string>): { readonly isPartitionOver: boolean } {
    const hadPartition = this.#state.partition !== undefined;
    this.#state = stateOf(this.#state, existingIds);
    return { isPartitionOver: hadPartition && this.#state.partition === undefined };
  }

  /** Resolves when what the swarm is like now is on disk. Rejects with a StateError. */
  async save(swarm: Swarm): Promise<void> {
    this.note(swarm);
    const text = JSON.stringify(this.#state);
    if (text === this.#writtenText) return;
    await this.#file.write(() => this.#state);
    this.#writtenText = text;
  }

  #changedLink({ changedLink, declaredLink, node }: ContainerState, declared: string): NamedLink | undefined {
    if (changedLink === undefined || (declaredLink ?? declared) !== declared) return undefined;
    try {
      return namedLink(changedLink);
    } catch (error) {
      if (!(error instanceof LinkError)) throw error;
      this.#logger.error({ node, link: changedLink }, `changed link is forgotten: ${error.message}`);
      return undefined;
    }
  }
}

function containerState(node: SwarmNode): ContainerState {
  const { container, certificate, changed, changedAtMs, named, backend, revision } = node;
  return {
    node: node.name,
    revision,
    ...(changed === undefined ? {} : { changedLink: changed.text, declaredLink: container.link }),
    ...(changedAtMs === undefined ? {} : { changedAtMs }),
    ...(certificate === undefined
      ? {}
      : { certified: { startedAt: container.startedAt, link: named.text, backend, certificate } }),
  };
}
