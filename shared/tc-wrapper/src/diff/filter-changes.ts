import { type FilterPlan, type FilterProtocol, ruleKey, tableKey } from "../plan/filter-rule.js";
import type { ShownFilters, ShownRule } from "../state/filters.js";
import { addRule, addTable, deletePreference, deleteRule, type Hook } from "./command-text.js";

/** Lines for `tc -batch`. */
export interface FilterChanges {
  readonly additions: readonly string[];
  /** To be made after the additions, so that no packet finds neither the old nor the new. */
  readonly deletions: readonly string[];
}

/** What makes the filters at a hook those that are planned. Filters of others are not touched. */
export function filterChanges(
  device: string,
  hook: Hook,
  planned: FilterPlan,
  shown: ShownFilters,
): FilterChanges {
  const additions: string[] = [];
  const deletions: string[] = [];
  const shownTables = new Set(shown.tables.map(tableKey));
  const kept = new Set<ShownRule>();
  for (const table of planned.tables) {
    const lines = addTable(device, hook, table);
    if (!shownTables.has(tableKey(table))) additions.push(lines.table);
    const link = shown.rules.find(
      (rule) =>
        rule.preference === table.preference &&
        rule.link?.table === table.table &&
        rule.link.offset === table.offset,
    );
    if (link) kept.add(link);
    else additions.push(lines.link);
  }

  const shownRules = new Map<string, ShownRule>();
  for (const shownRule of shown.rules) {
    if (shownRule.rule) shownRules.set(ruleKey(shownRule.rule), shownRule);
  }
  for (const rule of planned.rules) {
    const present = shownRules.get(ruleKey(rule));
    if (present) kept.add(present);
    else additions.push(addRule(device, hook, rule));
  }

  // A table that is not needed any more stays, empty: u32 lets go of it only some time after what leads to it is deleted.
  const idleTables = shown.rules.filter(({ link }) => link !== undefined);
  const surplus = shown.rules.filter((rule) => !kept.has(rule) && !idleTables.includes(rule));
  const usedPreferences = new Set(
    [...planned.rules, ...shown.tables, ...idleTables].map(({ preference }) => preference),
  );
  // Not rule by rule where all go: with the last one the kernel may delete the preference too, or not.
  const emptied = new Map<number, FilterProtocol>();
  for (const { preference, protocol, handle } of surplus) {
    if (!usedPreferences.has(preference)) emptied.set(preference, protocol);
    else deletions.push(deleteRule(device, hook, preference, protocol, handle));
  }
  for (const [preference, protocol] of emptied) {
    deletions.push(deletePreference(device, hook, preference, protocol));
  }
  return { additions, deletions };
}
