import type { LeafPlan, TreePlan } from "../plan/link-plan.js";
import type { TreeState } from "../state/link-state.js";
import type { Qdisc } from "../state/qdiscs.js";
import { isSameNetem } from "./netem-difference.js";

/** More than waits now, so that none is refused that comes between looking and changing. */
const ROOM_FACTOR = 1.25;

/**
 * The leaf as it may be for now: as planned, but for a lower limit. netem keeps what it holds when its limit sinks below
 * that, and drops all that comes until it holds less (`netem_enqueue`). So a queue that is not empty keeps its limit while
 * its other settings change: those that wait in it by the old delay make all others wait behind them. When only the limit is
 * left to be changed, it follows the queue down.
 */
export function leafForNow(planned: LeafPlan, { netem, statistics }: Qdisc): LeafPlan {
  const { backlogPackets } = statistics;
  const plannedLimit = planned.netem.limitPackets;
  if (netem === undefined || netem.limitPackets <= plannedLimit || backlogPackets === 0) return planned;
  const withLimit = (limitPackets: number): LeafPlan => ({
    ...planned,
    netem: { ...planned.netem, limitPackets },
  });
  const kept = withLimit(netem.limitPackets);
  if (!isSameNetem(kept.netem, netem)) return kept;
  const followed = Math.min(netem.limitPackets, Math.ceil(ROOM_FACTOR * backlogPackets));
  return withLimit(Math.max(plannedLimit, followed));
}

/** How many leaves of a tree keep a higher limit than is planned, for now. */
export function countLongQueues(planned: TreePlan, shown: TreeState | undefined): number {
  return planned.leaves.filter((leaf) => {
    const present = shown?.leaves.get(leaf.minor);
    return present !== undefined && leafForNow(leaf, present).netem.limitPackets > leaf.netem.limitPackets;
  }).length;
}
