import { prefixKey } from "../addresses/ip-prefix.js";
import { DEFAULT_MINOR, HTB_MAJOR, isOwnPreference, PREFERENCES } from "../plan/names.js";
import type { RouteQueue } from "../plan/route-minors.js";
import type { ShownClass } from "./classes.js";
import type { ShownFilters } from "./filters.js";
import type { InterfaceAlias } from "./interface-record.js";
import type { NetworkInterface } from "./interfaces.js";
import type { Qdisc, QueueStatistics } from "./qdiscs.js";

/** What is at the root of a device: our tree, somebody else's qdisc, or what the kernel puts there by default. */
export type RootState =
  | { readonly kind: "default" }
  | { readonly kind: "foreign"; readonly qdisc: Qdisc }
  | { readonly kind: "own"; readonly tree: TreeState };

/** Our tree as it is in the kernel, whole or not. */
export interface TreeState {
  readonly classes: ReadonlyMap<number, ShownClass>;
  /** By the minor number of the class that they are the leaf of. */
  readonly leaves: ReadonlyMap<number, Qdisc>;
  readonly filters: ShownFilters;
}

/** What the queues of one direction have done and hold. */
export interface TreeStatistics {
  readonly total: QueueStatistics;
  /** By the minor number of the class that they are the leaf of. */
  readonly leaves: ReadonlyMap<number, QueueStatistics>;
}

/** An IFB device by our name. */
export interface IfbState {
  readonly isUp: boolean;
  readonly root: RootState;
}

/** All that is in the kernel about the link of one interface. */
export interface LinkState {
  readonly interface: NetworkInterface;
  readonly alias: InterfaceAlias;
  readonly root: RootState;
  /** The qdisc that carries the hooks: `clsact`, the older `ingress`, or none. */
  readonly hooksQdisc: Qdisc | undefined;
  readonly ingress: ShownFilters;
  readonly egress: ShownFilters;
  readonly ifb: IfbState | undefined;
}

/** Puts together what tc showed of one device. */
export function rootState(
  qdiscs: readonly Qdisc[],
  classes: readonly ShownClass[],
  filters: ShownFilters,
): RootState {
  const root = qdiscs.find(({ parent }) => parent === "root");
  // What the kernel puts there by itself has no handle.
  if (root === undefined || root.major === 0) return { kind: "default" };
  if (root.kind !== "htb" || root.major !== HTB_MAJOR) return { kind: "foreign", qdisc: root };
  const leaves = new Map<number, Qdisc>();
  for (const qdisc of qdiscs) {
    const [, major = "", minor = ""] = /^([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(qdisc.parent) ?? [];
    if (Number.parseInt(major, 16) === HTB_MAJOR) leaves.set(Number.parseInt(minor, 16), qdisc);
  }
  return {
    kind: "own",
    tree: { classes: new Map(classes.map((shown) => [shown.minor, shown])), leaves, filters },
  };
}

export function ownTree(root: RootState): TreeState | undefined {
  return root.kind === "own" ? root.tree : undefined;
}

/** The queues of routes in the tree of an interface, with where they lead and by how much they delay. */
export function routeQueues({ classes, leaves, filters }: TreeState): RouteQueue[] {
  const linkDelayMs = leaves.get(DEFAULT_MINOR)?.netem?.delayMs ?? 0;
  const destinations = new Map<number, Set<string>>();
  for (const { rule } of filters.rules) {
    if (rule?.target.kind !== "class" || !isRoutePreference(rule.preference)) continue;
    const keys = destinations.get(rule.target.minor) ?? new Set();
    destinations.set(rule.target.minor, keys);
    keys.add(routeDestination(rule.preference, rule.protocol, rule.matches));
  }
  return [...classes.values()].flatMap(({ minor, parentMinor }) => {
    if (parentMinor === undefined || minor === DEFAULT_MINOR) return [];
    const delayMs = leaves.get(minor)?.netem?.delayMs;
    return [
      {
        minor,
        delayMs: delayMs === undefined ? 0 : delayMs - linkDelayMs,
        destinationKeys: destinations.get(minor) ?? new Set(),
      },
    ];
  });
}

/** What the leaves of a tree have done and hold; nothing where it is not ours. */
export function treeStatistics(root: RootState): TreeStatistics {
  const total = { sentBytes: 0, sentPackets: 0, droppedPackets: 0, backlogBytes: 0, backlogPackets: 0 };
  const leaves = new Map<number, QueueStatistics>();
  for (const [minor, { statistics }] of ownTree(root)?.leaves ?? []) {
    leaves.set(minor, statistics);
    total.sentBytes += statistics.sentBytes;
    total.sentPackets += statistics.sentPackets;
    total.droppedPackets += statistics.droppedPackets;
    total.backlogBytes += statistics.backlogBytes;
    total.backlogPackets += statistics.backlogPackets;
  }
  return { total, leaves };
}

function isRoutePreference(preference: number): boolean {
  return (
    isOwnPreference(preference) &&
    preference >= PREFERENCES.routesIpv4 &&
    preference < PREFERENCES.redirectIpv4
  );
}

/** What `egressFilters` made this of. */
function routeDestination(
  preference: number,
  protocol: string,
  matches: readonly { readonly value: number }[],
): string {
  const family = protocol === "ip" ? 4 : 6;
  const length =
    family === 4 ? 32 - (preference - PREFERENCES.routesIpv4) : 128 - (preference - PREFERENCES.routesIpv6);
  const words = Array.from({ length: family === 4 ? 1 : 4 }, (_, index) => matches[index]?.value ?? 0);
  return prefixKey({ family, words, length });
}
