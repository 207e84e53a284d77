import type { Link } from "@swarmlab/scenario/link";
import type { RegionMatrix } from "@swarmlab/scenario/regions";

/** More delay on the way to some nodes. */
interface PlannedRoute {
  /** One way, on top of the link's own. */
  readonly delayMs: number;
  readonly destinations: readonly string[];
}

/** What the kernel is to do to what a node sends and gets on the swarm's network. */
export interface LinkPlan {
  readonly link: Link;
  readonly routes: readonly PlannedRoute[];
  /** Addresses that are out of reach. */
  readonly blockedAddresses: readonly string[];
}

/** A node as others see it. */
export interface Destination {
  readonly region: string | null;
  readonly swarmAddresses: readonly string[];
}

/**
 * The ways from one region to nodes elsewhere. Each direction has half of the round trip. An address has one way: that to
 * the first of the others that has it.
 */
export function routesFrom(
  region: string,
  others: Iterable<Destination>,
  regions: RegionMatrix,
): PlannedRoute[] {
  const byRegion = new Map<string, string[]>();
  const known = new Set<string>();
  for (const other of others) {
    const addresses = other.swarmAddresses.filter((address) => !known.has(address));
    for (const address of addresses) known.add(address);
    if (other.region === null) continue;
    const destinations = byRegion.get(other.region) ?? [];
    destinations.push(...addresses);
    byRegion.set(other.region, destinations);
  }
  // In the order of the matrix and of addresses, so that the same swarm always gives the same plan.
  return regions.names.flatMap((name) => {
    const destinations = byRegion.get(name)?.sort();
    const delayMs = regions.rttMs(region, name) / 2;
    return destinations === undefined || destinations.length === 0 || delayMs === 0
      ? []
      : [{ delayMs, destinations }];
  });
}
