import type { LinkPlan } from "../plan/link-plan.js";
import type { LinkState } from "../state/link-state.js";
import { addHooks, deleteHooks } from "./command-text.js";
import { filterChanges } from "./filter-changes.js";

/** What makes the clsact hooks of the interface those that are planned. */
export interface HookChanges {
  /** Lines for `tc -batch`, in this order. */
  readonly lines: readonly string[];
  /** Whether the clsact qdisc is ours once this is done. */
  readonly ownsClsact: boolean;
  /** Whether there is one that is not ours, or not ours alone. */
  readonly staysForeign: boolean;
}

export function hookChanges(
  device: string,
  plan: Pick<LinkPlan, "ingress" | "egress">,
  state: LinkState,
): HookChanges {
  const isNeeded = plan.ingress.rules.length + plan.egress.rules.length > 0;
  const isThere = state.hooksQdisc !== undefined;
  const isOwn = isThere && state.alias.record?.addedClsact === true;
  if (!isNeeded && isOwn && !state.ingress.hasForeign && !state.egress.hasForeign) {
    return { lines: [deleteHooks(device)], ownsClsact: false, staysForeign: false };
  }
  const ingress = filterChanges(device, "ingress", plan.ingress, state.ingress);
  const egress = filterChanges(device, "egress", plan.egress, state.egress);
  const lines = [...ingress.additions, ...egress.additions, ...ingress.deletions, ...egress.deletions];
  return isNeeded && !isThere
    ? { lines: [addHooks(device), ...lines], ownsClsact: true, staysForeign: false }
    : { lines, ownsClsact: isOwn, staysForeign: isThere };
}
