import { z } from "zod";

/** The oldest Grafana that is to understand the dashboards: 11.6 and 12 write this. */
const schemaVersion = 41;

/** What Grafana numbers, counts or remembers of one installation. */
const ofAnInstallation = [
  "id",
  "version",
  "iteration",
  "gnetId",
  "fiscalYearStartMonth",
  "preload",
  "weekStart",
];

const fileSchema = z.looseObject({ panels: z.array(z.looseObject({})) });

/**
 * A dashboard in the form in which it is kept: keys in order, panels numbered from 1, nothing that belongs to the
 * installation where it was edited. So an exported dashboard differs only where it was changed.
 */
export function normalForm(json: unknown): unknown {
  const dashboard = fileSchema.parse(json);
  for (const key of ofAnInstallation) delete dashboard[key];
  const panels = dashboard.panels.map(({ pluginVersion: _, ...panel }, i) => ({ ...panel, id: i + 1 }));
  return sorted({ ...dashboard, panels, schemaVersion });
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, inner]) => [key, sorted(inner)] as const);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}
