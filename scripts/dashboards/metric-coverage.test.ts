import { readdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { createRegistry } from "@swarmlab/telemetry/registry";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { readDashboards } from "./dashboard.js";
import { metricNames } from "./promql.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const rulesFolder = `${root}/compose/prometheus/rules`;
const rulesSchema = z.object({
  groups: z.array(
    z.object({
      rules: z.array(
        z.object({ record: z.string().optional(), alert: z.string().optional(), expr: z.string() }),
      ),
    }),
  ),
});

/** What Prometheus itself makes. */
const ofPrometheus = ["ALERTS", "up", "prometheus_rule_evaluation_failures_total"];

describe("metrics", async () => {
  const dashboards = await readDashboards();
  const rules = await readRules();
  const exported = await exportedMetrics();
  const recorded = rules.flatMap(({ record }) => record ?? []);
  const inDashboards = dashboards.flatMap(({ dashboard }) => [
    ...dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)),
    ...dashboard.templating.list.map(({ query }) => query.query.replace(/,.*/, ")")),
    ...dashboard.annotations.list.flatMap(({ target }) => target?.expr ?? []),
  ]);
  const used = new Set(
    [...inDashboards, ...rules.map(({ expr }) => expr)].flatMap(metricNames).map(withoutSuffix),
  );

  it("are all used by a dashboard or a rule, those of Swarmlab without exception", () => {
    const own = exported.filter((name) => name.startsWith("swarmlab_"));
    expect(own.length).toBeGreaterThan(30);
    expect(own.filter((name) => !used.has(name))).toEqual([]);
    expect([...new Set(recorded)].filter((name) => !used.has(name))).toEqual([]);
  });

  it("exist wherever a query asks for them", () => {
    const known = new Set([...exported, ...recorded, ...ofPrometheus]);
    expect([...used].filter((name) => !known.has(name))).toEqual([]);
  });

  it("have for every alert a test of promtool, and a place on the panel Alerts", async () => {
    const swarm = dashboards.find(({ name }) => name === "swarm")?.dashboard;
    const panel = swarm?.panels.find(({ title }) => title === "Alerts");
    const shown = panel?.targets.map(({ expr }) => /alertname="(\w+)"/.exec(expr)?.[1]);
    const alerts = rules.flatMap(({ alert }) => alert ?? []);
    expect(shown).toEqual(alerts);
    const tests = await readFile(`${root}/compose/prometheus/tests/alerts.yml`, "utf8");
    expect(alerts.filter((alert) => !tests.includes(`- alertname: ${alert}\n`))).toEqual([]);
  });
});

async function readRules(): Promise<z.infer<typeof rulesSchema>["groups"][number]["rules"]> {
  const names = (await readdir(rulesFolder)).sort();
  const files = await Promise.all(names.map((name) => readFile(`${rulesFolder}/${name}`, "utf8")));
  return files.flatMap((text) => rulesSchema.parse(parse(text)).groups.flatMap(({ rules }) => rules));
}

/** What the sources of the services name, and what every process reports of itself. */
async function exportedMetrics(): Promise<string[]> {
  const names: string[] = [];
  for (const service of await readdir(`${root}/services`)) {
    const folder = `${root}/services/${service}/src`;
    const files = await readdir(folder, { recursive: true }).catch(() => []);
    for (const file of files.filter((name) => name.endsWith("metrics.ts"))) {
      const text = await readFile(`${folder}/${file}`, "utf8");
      names.push(...Array.from(text.matchAll(/"(swarmlab_[a-z0-9_]+)"/g), ([, name = ""]) => name));
    }
  }
  const ofEveryProcess = await createRegistry({ service: "example", version: "1.2.3" }).getMetricsAsJSON();
  return [...new Set([...names, ...ofEveryProcess.map(({ name }) => name)])];
}

/** A histogram is exported under three names. */
function withoutSuffix(name: string): string {
  return name.replace(/_(bucket|sum|count)$/, "");
}
