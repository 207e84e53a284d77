import type { TreePlan } from "../plan/link-plan.js";
import { netemMajor } from "../plan/names.js";
import { NO_SHOWN_FILTERS } from "../state/filters.js";
import type { TreeState } from "../state/link-state.js";
import { isSameClass } from "./class-difference.js";
import { addRoot, classLine, leafLine } from "./command-text.js";
import { filterChanges } from "./filter-changes.js";
import { leafForNow } from "./leaf-for-now.js";
import { isSameNetem } from "./netem-difference.js";

const NO_TREE: TreeState = { classes: new Map(), leaves: new Map(), filters: NO_SHOWN_FILTERS };

/**
 * Lines for `tc -batch` that make a tree the one that is planned. What is there is changed in place; `shown` is undefined
 * where there is nothing yet. Classes that are not planned stay: see `removeClasses`.
 */
export function treeChanges(device: string, planned: TreePlan, shown: TreeState | undefined): string[] {
  const { filters } = shown ?? NO_TREE;
  const { additions, deletions } = filterChanges(device, "root", planned.filters, filters);
  return [...queueLines(device, planned, shown), ...additions, ...deletions];
}

/** The part of it that is about classes and leaves. */
export function queueLines(device: string, planned: TreePlan, shown: TreeState | undefined): string[] {
  const lines: string[] = shown === undefined ? [addRoot(device)] : [];
  const { classes, leaves } = shown ?? NO_TREE;
  for (const plannedClass of planned.classes) {
    const present = classes.get(plannedClass.minor);
    if (present === undefined) lines.push(classLine("add", device, plannedClass));
    else if (!isSameClass(plannedClass, present)) lines.push(classLine("change", device, plannedClass));
  }
  for (const leaf of planned.leaves) {
    const present = leaves.get(leaf.minor);
    if (present?.kind !== "netem" || present.major !== netemMajor(leaf.minor)) {
      lines.push(leafLine(present === undefined ? "add" : "replace", device, leaf));
    } else {
      const forNow = leafForNow(leaf, present);
      if (!isSameNetem(forNow.netem, present.netem)) lines.push(leafLine("change", device, forNow));
    }
  }
  return lines;
}
