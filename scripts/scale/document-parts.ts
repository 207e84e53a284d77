import { type PlanOptions, planSwarm } from "./plan.js";
import type { Results } from "./results.js";
import { costTable, limitTable, planTable, trackerTable } from "./tables.js";

/** What docs/scaling.md plans with; the defaults of `npm run scale -- plan`. */
export const documentedPlan: PlanOptions = {
  peers: 10_000,
  kind: "containers",
  hostProcessors: 16,
  hostMemoryBytes: 64 * 2 ** 30,
  rateBitsPerSecond: 2e6,
  scrapeIntervalSeconds: 15,
  announceIntervalSeconds: 1800,
};

/** The parts of docs/scaling.md that come from a result file, by their names. */
export function documentParts(results: Results): Readonly<Record<string, string>> {
  return {
    costs: costTable(results),
    limits: limitTable(results),
    tracker: trackerTable(results),
    plan: planTable(planSwarm(results, documentedPlan)),
  };
}
