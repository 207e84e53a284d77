import { describe, expect, it } from "vitest";
import { parseDashboard } from "./dashboard.js";
import { PrometheusClient } from "./prometheus-client.js";
import { checkDashboard, checkRules } from "./query-check.js";
import { type StandInSeries, startStandInPrometheus } from "./testing/stand-in-prometheus.js";

const range = { startSeconds: 100, endSeconds: 110, stepSeconds: 1 };
const found: StandInSeries[] = [{ metric: { node: "b" }, value: "1" }];

const dashboard = parseDashboard({
  uid: "example",
  title: "Example",
  description: "",
  annotations: { list: [{ name: "Alerts", target: { expr: "ALERTS" } }] },
  templating: { list: [{ type: "query", name: "node", query: { query: "label_values(x, node)" } }] },
  panels: [
    panel("Full", 'x{node="$node"}'),
    panel("Empty", "nothing"),
    panel("Rightly empty", "nothing", { noValue: "none yet" }),
    panel("Wrong", "sum("),
  ],
});

function panel(title: string, expr: string, defaults = {}) {
  return {
    type: "stat",
    title,
    gridPos: { x: 0, y: 0, w: 1, h: 1 },
    targets: [{ refId: "A", expr, legendFormat: "value" }],
    fieldConfig: { defaults, overrides: [] },
  };
}

/** Knows the nodes a and b, and a value for b only. */
function answer(query: string): StandInSeries[] | undefined {
  if (query.startsWith("count by (node)")) return [{ metric: { node: "a" }, value: "1" }, ...found];
  if (query === "sum(") return undefined;
  return query === 'x{node="b"}' || query.startsWith("count(x)") ? found : [];
}

describe("checkDashboard", () => {
  it("tells panels with data for some value of a variable from empty, rightly empty and refused ones", async () => {
    await using prometheus = await startStandInPrometheus({ answer });
    const checked = await checkDashboard(new PrometheusClient(prometheus.url), dashboard, range, false);
    expect(checked.map(({ place, outcome }) => [place, outcome])).toEqual([
      ["Example, Full", "data"],
      ["Example, Empty", "empty"],
      ["Example, Rightly empty", "may-be-empty"],
      ["Example, Wrong", "refused"],
      ["Example, annotation Alerts", "may-be-empty"],
    ]);
  });

  it("excuses no panel when it is strict", async () => {
    await using prometheus = await startStandInPrometheus({ answer });
    const checked = await checkDashboard(new PrometheusClient(prometheus.url), dashboard, range, true);
    expect(checked.filter(({ outcome }) => outcome === "may-be-empty")).toHaveLength(1);
  });
});

describe("checkRules", () => {
  it("finds rules that fail, and silent ones that ask for what nobody exports", async () => {
    const rules = [
      { name: "Silent", query: "x > 5", type: "alerting" },
      { name: "Vain", query: "x > 5 and y > 5", type: "alerting" },
      { name: "level:x", query: 'x{node="b"}', type: "recording" },
      { name: "level:y", query: 'x{node="b"}', type: "recording", lastError: "many-to-many" },
    ];
    await using prometheus = await startStandInPrometheus({ answer, rules });
    expect(await checkRules(new PrometheusClient(prometheus.url), range)).toMatchObject([
      { outcome: "may-be-empty" },
      { outcome: "empty", explanation: "no data for y" },
      { outcome: "data" },
      { outcome: "refused", explanation: "many-to-many" },
    ]);
  });
});
