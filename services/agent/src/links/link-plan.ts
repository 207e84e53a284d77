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

/** The ways from one region to nodes elsewhere. Each direction has half of the round trip. */
export function routesFrom(
  region: string,
  others: Iterable<Destination>,
  regions: RegionMatrix,
): PlannedRoute[] {
  const byRegion = new Map<string, string[]>();
  for (const other of others) {
    if (other.region === null) continue;
    const destinations = byRegion.get(other.region) ?? [];
    destinations.push(...other.swarmAddresses);
    byRegion.set(other.region, destinations);
  }
  // In the order of the matrix and of addresses, so that the same swarm always gives the same plan.
  return regions.names.flatMap((name) => {
    const destinations = byRegion.get(name)?.sort();
    const delayMs = regions.rttMs(region, name) / 2;
    return destinations === undefined || delayMs === 0 ? [] : [{ delayMs, destinations }];
  });
}
