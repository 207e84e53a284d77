import type { PathMeasurement, RegionList } from "@swarmlab/agent-api/node-link";
import type { Link } from "@swarmlab/scenario/link";
import type { NodeContainer } from "../docker/node-container.js";
import type { Swarm } from "../nodes/swarm.js";
import type { SwarmNode } from "../nodes/swarm-node.js";
import { measuredRtt } from "./certificate.js";
import { expectedRtt } from "./expected-rtt.js";
import { MeasurementError } from "./measurement-error.js";

/** Round trips from node to node. Rejects with a MeasurementError. */
export type PathProbe = (
  from: NodeContainer,
  to: NodeContainer,
  links: readonly Link[],
  extraMs: number,
  signal: AbortSignal,
) => Promise<number[]>;

/** What regions add, as declared, and as it was measured between one node of each. */
export class RegionPaths {
  readonly #swarm: Swarm;
  readonly #probe: PathProbe;
  readonly #measured = new Map<string, PathMeasurement>();

  constructor(swarm: Swarm, probe: PathProbe) {
    this.#swarm = swarm;
    this.#probe = probe;
  }

  /** All pairs of different regions, and those within one that are declared to be apart. */
  list(): RegionList {
    const { regions, backend } = this.#swarm;
    const pairs = this.#pairs().map(({ names, declaredRttMs }) => ({
      regions: names,
      declaredRttMs,
      path: this.#measured.get(names.join("/")) ?? null,
    }));
    return { source: regions.source, isEmulated: backend === "netem", pairs };
  }

  /** Measures a path for each pair that has nodes; a path that cannot be measured loses its former figures. */
  async measure(signal: AbortSignal): Promise<void> {
    this.#measured.clear();
    await Promise.all(
      this.#pairs().map(async ({ names, declaredRttMs }) => {
        const [from, to] = this.#nodesBetween(...names);
        if (from === undefined || to === undefined) return;
        const measurement = await this.#path(from, to, declaredRttMs, signal);
        if (measurement !== undefined) this.#measured.set(names.join("/"), measurement);
      }),
    );
  }

  async #path(
    from: SwarmNode,
    to: SwarmNode,
    regionRttMs: number,
    signal: AbortSignal,
  ): Promise<PathMeasurement | undefined> {
    const links = [from.named.link, to.named.link];
    try {
      const samplesMs = await this.#probe(from.container, to.container, links, regionRttMs, signal);
      const rtt = measuredRtt(expectedRtt(links, regionRttMs), samplesMs);
      const { declaredMs, measuredMs, isWithinTolerance } = rtt;
      return { from: from.name, to: to.name, declaredMs, measuredMs, isWithinTolerance };
    } catch (error) {
      if (error instanceof MeasurementError) return undefined;
      throw error;
    }
  }

  #pairs() {
    const { names, rttMs } = this.#swarm.regions;
    return names.flatMap((from, index) =>
      names
        .slice(index)
        .map((to) => ({ names: [from, to] as [string, string], declaredRttMs: rttMs(from, to) }))
        .filter(({ names: [a, b], declaredRttMs }) => a !== b || declaredRttMs > 0),
    );
  }

  #nodesBetween(from: string, to: string): [SwarmNode | undefined, SwarmNode | undefined] {
    const placed = this.#swarm.nodes.filter((node) => node.isPlaced);
    const first = placed.find(({ region }) => region === from);
    return [first, placed.find((node) => node.region === to && node !== first)];
  }
}
