import type { Partition, PartitionStatus } from "@swarmlab/agent-api/node-link";
import type { LinkBackend } from "@swarmlab/agent-api/self-link";
import { NO_LINK } from "@swarmlab/scenario/link";
import type { RegionMatrix } from "@swarmlab/scenario/regions";
import type { NodeContainer } from "../docker/node-container.js";
import { type Destination, type LinkPlan, routesFrom } from "../links/link-plan.js";
import { Changes } from "./changes.js";
import { type Declaration, type DeclaringPlaces, declarationOf } from "./declaration.js";
import { membersOf } from "./partition-groups.js";
import { plainAddress } from "./plain-address.js";
import { SwarmNode } from "./swarm-node.js";

export interface SwarmOptions {
  readonly backend: LinkBackend;
  readonly regions: RegionMatrix;
  readonly seed: string;
  readonly declaringPlaces: DeclaringPlaces;
  readonly nowMs: () => number;
}

/** A node that another agent looks after; there may be a way to it from one of ours. */
export interface DeclaredElsewhere {
  readonly name: string;
  /** A region or a mix of regions; empty without one. */
  readonly region: string;
  readonly swarmAddresses: readonly string[];
}

/** A name means more than one node. */
export class AmbiguousNodeError extends Error {
  override readonly name = "AmbiguousNodeError";
  readonly code = "AMBIGUOUS_NODE";
}

/** All nodes that run, and what each one's link is to be. Without I/O. */
export class Swarm {
  /** Notified whenever a node, or what is known of it, has changed. */
  readonly changes = new Changes();
  readonly backend: LinkBackend;
  readonly regions: RegionMatrix;
  readonly #options: SwarmOptions;
  readonly #nodes = new Map<string, SwarmNode>();
  #elsewhere: readonly Destination[] = [];
  #topology = 0;
  #partition: Partition | undefined;

  constructor(options: SwarmOptions) {
    this.#options = options;
    this.backend = options.backend;
    this.regions = options.regions;
  }

  get nodes(): readonly SwarmNode[] {
    return [...this.#nodes.values()];
  }

  /** Grows whenever the way between nodes may have changed. */
  get topology(): number {
    return this.#topology;
  }

  get partition(): Partition | undefined {
    return this.#partition;
  }

  set partition(partition: Partition | undefined) {
    this.#partition = partition;
    this.#topology += 1;
  }

  /** The nodes that other agents look after. Where a region is none, there is no delay to it; its agent says so. */
  set elsewhere(others: readonly DeclaredElsewhere[]) {
    this.#elsewhere = others.map(({ name, region, swarmAddresses }) => ({
      region: this.#regionOf(name, region),
      swarmAddresses,
    }));
    this.#topology += 1;
  }

  get partitionStatus(): PartitionStatus | undefined {
    if (this.#partition === undefined) return undefined;
    const members = this.#members(this.#partition).map((group) => group.map(({ name }) => name).sort());
    return { ...this.#partition, members };
  }

  /** A container's new run; the former one is forgotten. */
  add(container: NodeContainer): SwarmNode {
    const { backend, nowMs } = this.#options;
    const node = new SwarmNode({ container, declaration: this.#declarationOf(container), backend, nowMs });
    this.#nodes.set(container.id, node);
    this.#topology += 1;
    node.joinedTopology = this.#topology;
    return node;
  }

  /** The same run of a node is declared otherwise now; a link that the API was told of gives way. */
  redeclare(node: SwarmNode, container: NodeContainer): void {
    node.redeclare(container, this.#declarationOf(container));
    this.#topology += 1;
  }

  /** The node of this id, if there is one. */
  byId(id: string): SwarmNode | undefined {
    return this.#nodes.get(id);
  }

  /** The node that has left, if there was one. */
  remove(id: string): SwarmNode | undefined {
    const node = this.#nodes.get(id);
    if (node === undefined) return undefined;
    this.#nodes.delete(id);
    this.#topology += 1;
    return node;
  }

  /**
   * The nodes that had one of this container's addresses on the swarm's network before it: Docker gave the address away,
   * so they have ended, though Docker may not have told so yet.
   */
  outdatedBy({ id, startedAt, swarmAddresses }: NodeContainer): SwarmNode[] {
    const startedMs = Date.parse(startedAt);
    return this.nodes.filter(
      ({ container }) =>
        container.id !== id &&
        Date.parse(container.startedAt) < startedMs &&
        container.swarmAddresses.some((address) => swarmAddresses.includes(address)),
    );
  }

  has(node: SwarmNode): boolean {
    return this.#nodes.get(node.container.id) === node;
  }

  /** By the container's name, or its end after the project's. Throws AmbiguousNodeError. */
  byName(name: string): SwarmNode | undefined {
    const exact = this.nodes.find((node) => node.name === name);
    if (exact !== undefined) return exact;
    const [node, ...others] = this.nodes.filter(({ container }) => container.shortName === name);
    if (others.length === 0) return node;
    const names = [node, ...others].map((candidate) => candidate?.name).join(", ");
    throw new AmbiguousNodeError(`"${name}" may be ${names}`);
  }

  /**
   * By an address on any of its networks; IPv4 as IPv6 writes it (`::ffff:10.0.0.7`) is the same address. Of several, the
   * one that started last.
   */
  byAddress(address: string): SwarmNode | undefined {
    const wanted = plainAddress(address);
    const having = this.nodes.filter(({ container }) =>
      container.addresses.some((candidate) => plainAddress(candidate) === wanted),
    );
    return latestFirst(having)[0];
  }

  /** What the kernel is to do for a node. Where it does not make links, partitions are all that it does. */
  planFor(node: SwarmNode): LinkPlan {
    const blockedAddresses = this.#blockedFor(node);
    if (this.backend !== "netem") return { link: NO_LINK, routes: [], blockedAddresses };
    return { link: node.named.link, routes: this.#routesFor(node), blockedAddresses };
  }

  /** The link is in place, and so are the ways of all others to this node. */
  isSettled(node: SwarmNode): boolean {
    if (!node.isPlaced) return false;
    return this.nodes.every(
      (other) => other === node || other.state === "failed" || other.settledTopology >= node.joinedTopology,
    );
  }

  #declarationOf(container: NodeContainer): Declaration {
    const { seed, regions, backend, declaringPlaces } = this.#options;
    const declared = declarationOf(container, seed, regions, declaringPlaces);
    const none = { named: { text: "none", link: NO_LINK }, problem: null };
    return backend === "none" ? { ...declared, ...none } : declared;
  }

  #routesFor({ region, container: { id } }: SwarmNode): LinkPlan["routes"] {
    if (region === null) return [];
    const others = latestFirst(this.nodes).filter(({ container }) => container.id !== id);
    const destinations = others.map((other) => ({
      region: other.region,
      swarmAddresses: other.container.swarmAddresses,
    }));
    return routesFrom(region, [...destinations, ...this.#elsewhere], this.regions);
  }

  #regionOf(name: string, region: string): string | null {
    const { seed, regions, declaringPlaces } = this.#options;
    return declarationOf({ name, link: "", region }, seed, regions, declaringPlaces).region;
  }

  #blockedFor(node: SwarmNode): string[] {
    if (this.#partition === undefined) return [];
    const groups = this.#members(this.#partition);
    const own = groups.find((group) => group.includes(node.container));
    if (own === undefined) return [];
    const others = groups.filter((group) => group !== own).flat();
    return [...new Set(others.flatMap(({ swarmAddresses }) => swarmAddresses))].sort();
  }

  #members(partition: Partition): NodeContainer[][] {
    return membersOf(
      partition,
      this.nodes.map(({ container }) => container),
    );
  }
}

function latestFirst(nodes: readonly SwarmNode[]): SwarmNode[] {
  const startedMs = ({ container }: SwarmNode) => Date.parse(container.startedAt);
  return [...nodes].sort((a, b) => startedMs(b) - startedMs(a));
}
