import { type Link, NO_LINK } from "@swarmlab/scenario/link";
import type { InterfaceLink, Route } from "../interface-link.js";
import { LinkPlanError } from "../link-plan-error.js";
import { type FilterPlan, NO_FILTERS } from "./filter-rule.js";
import { BYPASS_RULE, blockFilters, egressFilters, ingressFilters, type RoutedClass } from "./filters.js";
import { type HtbClass, lineClass, sharingClass } from "./htb-class.js";
import { DEFAULT_MINOR, ifbNameOf, LINE_MINOR } from "./names.js";
import { type NetemSettings, netemSettings } from "./netem-settings.js";
import { assignMinors, type RouteQueue } from "./route-minors.js";
import { tcpBufferBytes } from "./tcp-buffers.js";

/** A leaf: the class that leads to it, and what it does. */
export interface LeafPlan {
  readonly minor: number;
  readonly netem: NetemSettings;
}

/** The qdisc tree at the root of one device. */
export interface TreePlan {
  readonly classes: readonly HtbClass[];
  readonly leaves: readonly LeafPlan[];
  readonly filters: FilterPlan;
}

/** All that is to be in the kernel for one interface. */
export interface LinkPlan {
  readonly interfaceName: string;
  readonly ifbName: string;
  /** Undefined where neither the link nor a route adds anything. */
  readonly queues: { readonly up: TreePlan; readonly down: TreePlan } | undefined;
  /** At the interface's clsact hooks. */
  readonly ingress: FilterPlan;
  readonly egress: FilterPlan;
  /** What `tcp_rmem` and `tcp_wmem` must allow one connection; undefined where the kernel's own will do. */
  readonly tcpReceiveBufferBytes: number | undefined;
  readonly tcpSendBufferBytes: number | undefined;
}

/**
 * What the kernel needs for a link. `existing` are the queues of routes that are there already: a route keeps its queue
 * from change to change. Throws LinkPlanError.
 */
export function planLink(
  desired: InterfaceLink,
  existing: readonly RouteQueue[],
  mtuBytes: number,
): LinkPlan {
  const { interfaceName, link, blockedAddresses, unshapedPorts } = desired;
  assertRates(link);
  const ifbName = ifbNameOf(interfaceName);
  const routes = mergeRoutes(desired.routes);
  const isShaped = !isTransparent(link) || routes.some(({ delayMs }) => delayMs > 0);
  const common = {
    interfaceName,
    ifbName,
    egress: blockFilters(blockedAddresses, "destination"),
    ingress: ingressFilters(blockedAddresses, unshapedPorts, isShaped ? ifbName : undefined),
    tcpReceiveBufferBytes: tcpBufferBytes(link.downBitsPerSecond, link, routes),
    tcpSendBufferBytes: tcpBufferBytes(link.upBitsPerSecond, link, routes),
  };
  if (!isShaped) return { ...common, queues: undefined };
  const minors = assignMinors(routes, existing);
  const delays = [{ minor: DEFAULT_MINOR, delayMs: 0 }];
  const routed: RoutedClass[] = [];
  for (const [index, { delayMs, destinations }] of routes.entries()) {
    const minor = minors[index] ?? DEFAULT_MINOR;
    if (minor !== DEFAULT_MINOR) delays.push({ minor, delayMs });
    routed.push({ minor, destinations });
  }
  const up = planTree(link, link.upBitsPerSecond, delays, mtuBytes, egressFilters(routed, unshapedPorts));
  const toDefault = [{ minor: DEFAULT_MINOR, delayMs: 0 }];
  const down = planTree(link, link.downBitsPerSecond, toDefault, mtuBytes, NO_FILTERS);
  return { ...common, queues: { up, down } };
}

/**
 * A tree with the same queues that hold nothing back, and a way around them: what to make of it before it is taken away.
 */
export function planOpenTree(minors: readonly number[], mtuBytes: number): TreePlan {
  const delays = minors.map((minor) => ({ minor, delayMs: 0 }));
  return planTree(NO_LINK, undefined, delays, mtuBytes, { tables: [], rules: [BYPASS_RULE] });
}

function planTree(
  link: Link,
  bitsPerSecond: number | undefined,
  delays: readonly { readonly minor: number; readonly delayMs: number }[],
  mtuBytes: number,
  filters: FilterPlan,
): TreePlan {
  const line = lineClass(LINE_MINOR, bitsPerSecond, mtuBytes);
  return {
    classes: [line, ...delays.map(({ minor }) => sharingClass(minor, line, mtuBytes))],
    leaves: delays.map(({ minor, delayMs }) => ({
      minor,
      netem: netemSettings(link, bitsPerSecond, delayMs, mtuBytes),
    })),
    filters,
  };
}

function isTransparent(link: Link): boolean {
  return (
    link.upBitsPerSecond === undefined &&
    link.downBitsPerSecond === undefined &&
    link.delayMs === 0 &&
    link.loss === undefined &&
    link.corruptPercent === 0 &&
    link.duplicatePercent === 0
  );
}

/** Routes of the same delay share a queue. */
function mergeRoutes(routes: readonly Route[]): Route[] {
  const merged = new Map<number, string[]>();
  for (const { delayMs, destinations } of routes) {
    if (destinations.length > 0) merged.set(delayMs, [...(merged.get(delayMs) ?? []), ...destinations]);
  }
  return Array.from(merged, ([delayMs, destinations]) => ({ delayMs, destinations }));
}

function assertRates({ upBitsPerSecond, downBitsPerSecond }: Link): void {
  for (const rate of [upBitsPerSecond, downBitsPerSecond]) {
    if (rate !== undefined && !(rate >= 1000 && rate <= 1e12)) {
      throw new LinkPlanError("BAD_LINK", `a rate of ${rate} bit/s is not from 1 kbit/s to 1 Tbit/s`);
    }
  }
}
