import { parseIpPrefix, prefixKey } from "../addresses/ip-prefix.js";
import type { Route } from "../interface-link.js";
import { LinkPlanError } from "../link-plan-error.js";
import { DEFAULT_MINOR, FIRST_ROUTE_MINOR, LAST_ROUTE_MINOR } from "./names.js";

/** The queue of a route that is in the kernel. */
export interface RouteQueue {
  readonly minor: number;
  /** The route's own; 0 if it is not known. */
  readonly delayMs: number;
  /** Keys (`prefixKey`) of the destinations that lead to it. */
  readonly destinationKeys: ReadonlySet<string>;
}

/** Two delays that differ by less are one: tc shows no more digits. */
const SAME_DELAY_MS = 0.002;

/**
 * The class of each route, so that as few packets as possible change queues: the queue that most of its destinations
 * lead to already, else one of the same delay, else a new one. What adds no delay has none of its own.
 */
export function assignMinors(routes: readonly Route[], existing: readonly RouteQueue[]): number[] {
  const pairs = routes.flatMap(({ delayMs, destinations }, route) => {
    if (delayMs === 0) return [];
    const keys = destinations.map((text) => prefixKey(parseIpPrefix(text)));
    return existing.map((queue) => ({
      route,
      minor: queue.minor,
      shared: keys.filter((key) => queue.destinationKeys.has(key)).length,
      isSameDelay: Math.abs(queue.delayMs - delayMs) < SAME_DELAY_MS,
    }));
  });
  const candidates = pairs.filter(({ shared, isSameDelay }) => shared > 0 || isSameDelay);
  candidates.sort(
    (a, b) => b.shared - a.shared || Number(b.isSameDelay) - Number(a.isSameDelay) || a.minor - b.minor,
  );
  const assigned = new Map<number, number>();
  const taken = new Set(existing.map(({ minor }) => minor));
  const reused = new Set<number>();
  for (const { route, minor } of candidates) {
    if (assigned.has(route) || reused.has(minor)) continue;
    assigned.set(route, minor);
    reused.add(minor);
  }
  let next = FIRST_ROUTE_MINOR;
  return routes.map(({ delayMs }, route) => {
    if (delayMs === 0) return DEFAULT_MINOR;
    const minor = assigned.get(route);
    if (minor !== undefined) return minor;
    while (taken.has(next)) next++;
    if (next > LAST_ROUTE_MINOR) {
      const most = LAST_ROUTE_MINOR - FIRST_ROUTE_MINOR + 1;
      throw new LinkPlanError(
        "TOO_MANY_ROUTES",
        `more than ${most} different delays on the ways of one interface`,
      );
    }
    taken.add(next);
    return next;
  });
}
