import type { LinkBackend } from "@swarmlab/agent-api/self-link";
import type { RegionMatrix } from "@swarmlab/scenario/regions";
import type { Logger } from "@swarmlab/telemetry/logger";
import type { Registry } from "prom-client";
import type { KernelAbilities } from "./links/backend-choice.js";
import type { KernelLinks } from "./links/kernel-links.js";
import { LinkKeeper } from "./links/link-keeper.js";
import { QueueSamples } from "./links/queue-samples.js";
import { LinkMeasurer } from "./measurement/link-measurer.js";
import type { LinkProbes } from "./measurement/link-probes.js";
import { type PathProbe, RegionPaths } from "./measurement/region-paths.js";
import { registerMetrics } from "./metrics.js";
import { Swarm } from "./nodes/swarm.js";
import type { AgentSettings } from "./settings.js";
import { AgentMemory } from "./state/agent-memory.js";
import { Saving } from "./state/saving.js";
import { StateFile } from "./state/state-file.js";
import { SwarmFollower } from "./swarm-follower.js";
import type { SwarmScope, SwarmSource } from "./swarm-source.js";

/** How often what should not be necessary is done. */
export interface LinkServiceTimings {
  readonly listEveryMs: number;
  readonly readAnnotationsEveryMs: number;
  readonly verifyEveryMs: number;
  readonly firstMeasurementRetryMs: number;
}

export interface LinkServiceOptions {
  readonly settings: AgentSettings;
  readonly logger: Logger;
  readonly registry: Registry;
  readonly scope: SwarmScope;
  readonly kernel: KernelLinks;
  readonly probes: LinkProbes & { readonly path: PathProbe };
  readonly backend: LinkBackend;
  readonly abilities: KernelAbilities;
  readonly regions: RegionMatrix;
  readonly timings: LinkServiceTimings;
}

const closeGraceMs = 1_000;

/** All that keeps the links of a swarm as they are to be, put together; what it is asked comes over the API. */
export class LinkService {
  readonly swarm: Swarm;
  readonly queues: QueueSamples;
  readonly measurer: LinkMeasurer;
  readonly keeper: LinkKeeper;
  readonly regionPaths: RegionPaths;
  /** Why nodes cannot be cut off from each other; undefined when they can. */
  readonly partitionObstacle: string | undefined;
  /** Why links are not changed through the API; undefined when they are. */
  readonly changeObstacle: string | undefined;
  readonly #ended = new AbortController();
  readonly #scopeName: SwarmScope["name"];
  readonly #source: SwarmSource;
  readonly #saving: Saving;
  #watching: Promise<void> | undefined;

  private constructor(options: LinkServiceOptions, memory: AgentMemory) {
    const { settings, logger, scope, probes, backend, abilities, regions, timings } = options;
    const nowMs = () => Date.now();
    const { signal } = this.#ended;
    const { seed } = settings;
    this.swarm = new Swarm({ backend, regions, seed, declaringPlaces: scope.declaringPlaces, nowMs });
    const kernelObstacle = partitionObstacle(backend, abilities);
    this.partitionObstacle = scope.partitionObstacle ?? kernelObstacle;
    const kernel = kernelObstacle === undefined ? options.kernel : undefined;
    this.queues = new QueueSamples({ swarm: this.swarm, kernel, signal });
    this.regionPaths = new RegionPaths(this.swarm, (...path) => probes.path(...path));
    const firstRetryMs = timings.firstMeasurementRetryMs;
    const { swarm, queues } = this;
    const { isCertificateNeeded } = scope;
    this.measurer = new LinkMeasurer({
      swarm,
      probes,
      queues,
      logger,
      nowMs,
      signal,
      firstRetryMs,
      isCertificateNeeded,
    });
    const metrics = registerMetrics(options.registry, swarm, queues);
    this.keeper = new LinkKeeper({
      swarm,
      kernel,
      logger,
      onReconciled: (result, seconds) => metrics.observe(result, seconds),
      onPlaced: (node, isRepair) => {
        if (isRepair || node.certificate === undefined) this.measurer.certify(node);
      },
      verifyEveryMs: timings.verifyEveryMs,
    });
    const { keeper, measurer } = this;
    this.#scopeName = scope.name;
    this.changeObstacle = scope.changeObstacle;
    this.#source = scope.source(new SwarmFollower({ swarm, memory, keeper, measurer, logger }));
    this.#saving = new Saving(memory, swarm, logger);
  }

  /** Remembers what was in force; nothing is done before `start`. */
  static async open(options: LinkServiceOptions): Promise<LinkService> {
    const { settings, logger } = options;
    const memory = await AgentMemory.open(new StateFile(settings.data), logger);
    const service = new LinkService(options, memory);
    if (memory.partition !== undefined) {
      const { partitionObstacle: obstacle } = service;
      if (obstacle === undefined) service.swarm.partition = memory.partition;
      else logger.warn(`the swarm is not divided as it was: ${obstacle}`);
    }
    return service;
  }

  /** Aborted when the service is closed. */
  get signal(): AbortSignal {
    return this.#ended.signal;
  }

  /** What is wrong, by part; undefined where nothing is. */
  get checks(): Record<string, () => string | undefined> {
    return {
      [this.#scopeName]: () => this.#source.trouble,
      links: () => {
        const failed = this.swarm.nodes.filter(({ state }) => state === "failed").map(({ name }) => name);
        return failed.length === 0 ? undefined : `failed at ${failed.join(", ")}`;
      },
      state: () => this.#saving.trouble,
    };
  }

  /** Begins to look for nodes; Docker, for example, need not be there yet. */
  start(): void {
    this.swarm.changes.listen(() => this.#saving.saveSoon());
    this.#watching = this.#source.run(this.signal);
  }

  /** Resolves when what the swarm is like now would survive a crash, or could not be written (see `checks`). */
  save(): Promise<void> {
    return this.#saving.save();
  }

  /** Leaves all links as they are. */
  async close(): Promise<void> {
    this.#ended.abort();
    await Promise.all([this.keeper.close(closeGraceMs), this.#watching]);
    if (this.#watching !== undefined) await this.save();
  }
}

function partitionObstacle(
  backend: LinkBackend,
  { canDrop, explanation }: KernelAbilities,
): string | undefined {
  if (canDrop || backend === "netem") return undefined;
  return `nodes cannot be cut off from each other here. ${explanation}`;
}
