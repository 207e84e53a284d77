import { readdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { z } from "zod";

/** What of a Grafana dashboard is understood here; the rest is Grafana's own affair. */

const mappingSchema = z.object({
  type: z.literal("value"),
  options: z.record(z.string(), z.object({ text: z.string().optional(), color: z.string().optional() })),
});

const lineStyleSchema = z.object({ fill: z.enum(["solid", "dash", "dot"]) });

/** How values are written and drawn; the same keys in `defaults` and, by id, in `overrides`. */
const fieldSettingsSchema = z.object({
  unit: z.string().optional(),
  decimals: z.number().optional(),
  min: z.number().optional(),
  max: z.number().optional(),
  noValue: z.string().optional(),
  displayName: z.string().optional(),
  mappings: z.array(mappingSchema).optional(),
  color: z.object({ mode: z.string(), fixedColor: z.string().optional() }).optional(),
  thresholds: z
    .object({
      mode: z.literal("absolute"),
      steps: z.array(z.object({ color: z.string(), value: z.number().nullable() })),
    })
    .optional(),
  custom: z
    .object({
      drawStyle: z.enum(["line", "bars"]).optional(),
      lineInterpolation: z.enum(["linear", "stepAfter"]).optional(),
      lineWidth: z.number().optional(),
      lineStyle: lineStyleSchema.optional(),
      fillOpacity: z.number().optional(),
      stacking: z.object({ mode: z.enum(["none", "normal"]) }).optional(),
      width: z.number().optional(),
      cellOptions: z.object({ type: z.string() }).optional(),
    })
    .optional(),
});
export type FieldSettings = z.infer<typeof fieldSettingsSchema>;

const overrideSchema = z.object({
  matcher: z.object({ id: z.enum(["byName", "byRegexp", "byFrameRefID"]), options: z.string() }),
  properties: z.array(z.object({ id: z.string(), value: z.unknown() })),
});
export type Override = z.infer<typeof overrideSchema>;

const transformationSchema = z.discriminatedUnion("id", [
  z.object({
    id: z.literal("filterFieldsByName"),
    options: z.object({ include: z.object({ pattern: z.string() }) }),
  }),
  z.object({
    id: z.literal("joinByField"),
    options: z.object({ byField: z.string(), mode: z.literal("outer") }),
  }),
  z.object({
    id: z.literal("organize"),
    options: z.object({
      indexByName: z.record(z.string(), z.number()),
      renameByName: z.record(z.string(), z.string()),
    }),
  }),
]);
export type Transformation = z.infer<typeof transformationSchema>;

const targetSchema = z.object({
  refId: z.string(),
  expr: z.string(),
  legendFormat: z.string().optional(),
  instant: z.boolean().optional(),
  format: z.enum(["time_series", "table"]).optional(),
});
export type Target = z.infer<typeof targetSchema>;

const panelTypes = ["timeseries", "stat", "gauge", "bargauge", "table", "state-timeline", "row"] as const;

const panelSchema = z.object({
  type: z.enum(panelTypes),
  title: z.string(),
  description: z.string().optional(),
  gridPos: z.object({ x: z.number(), y: z.number(), w: z.number(), h: z.number() }),
  targets: z.array(targetSchema).default([]),
  transformations: z.array(transformationSchema).default([]),
  fieldConfig: z
    .object({ defaults: fieldSettingsSchema, overrides: z.array(overrideSchema) })
    .default({ defaults: {}, overrides: [] }),
  options: z
    .object({
      colorMode: z.enum(["none", "value"]).optional(),
      textMode: z.enum(["auto", "name", "value_and_name"]).optional(),
      legend: z
        .object({
          showLegend: z.boolean(),
          placement: z.enum(["bottom", "right"]),
          calcs: z.array(z.string()),
        })
        .optional(),
      sortBy: z.array(z.object({ displayName: z.string(), desc: z.boolean() })).optional(),
    })
    .default({}),
});
export type Panel = z.infer<typeof panelSchema>;

const variableSchema = z.object({
  type: z.literal("query"),
  name: z.string(),
  query: z.object({ query: z.string() }),
});

const dashboardSchema = z.object({
  uid: z.string(),
  title: z.string(),
  description: z.string(),
  panels: z.array(panelSchema),
  templating: z.object({ list: z.array(variableSchema) }),
  annotations: z.object({
    list: z.array(z.object({ name: z.string(), target: z.object({ expr: z.string() }).optional() })),
  }),
});
export type Dashboard = z.infer<typeof dashboardSchema>;

export interface DashboardFile {
  /** Without folder and extension. */
  readonly name: string;
  readonly path: string;
  /** As it is in the file. */
  readonly json: unknown;
  readonly dashboard: Dashboard;
}

/** Throws a ZodError on one that is not understood here. */
export function parseDashboard(json: unknown): Dashboard {
  return dashboardSchema.parse(json);
}

const folder = new URL("../../compose/grafana/dashboards/", import.meta.url);

/** All dashboards of this repository, by name. Rejects with a ZodError on one that is not understood. */
export async function readDashboards(): Promise<DashboardFile[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".json")).sort();
  return Promise.all(
    names.map(async (fileName) => {
      const path = fileURLToPath(new URL(fileName, folder));
      const json: unknown = JSON.parse(await readFile(path, "utf8"));
      return { name: fileName.replace(/\.json$/, ""), path, json, dashboard: parseDashboard(json) };
    }),
  );
}
