import type { Dashboard, Panel, Target } from "./dashboard.js";
import { expand, variableChoices } from "./expression.js";
import { type PrometheusClient, PrometheusError, type TimeRange } from "./prometheus-client.js";
import { metricNames } from "./promql.js";
import { settingsOf } from "./render/field.js";

/** `empty` is a fault; `may-be-empty` is what a panel or rule with an explanation says of itself. */
export type Outcome = "data" | "may-be-empty" | "empty" | "refused";

export interface CheckedQuery {
  /** Where it is used: dashboard and panel, or rule. */
  readonly place: string;
  readonly expression: string;
  readonly outcome: Outcome;
  /** Why it is (or may be) empty, or was refused. */
  readonly explanation?: string;
}

type Result = Pick<CheckedQuery, "outcome" | "explanation">;

/**
 * Runs every query of a dashboard over a range, with each value of its variables: one that has data must be among
 * them. A panel that says what nothing means (`noValue`) may be empty, unless `isStrict`.
 */
export async function checkDashboard(
  client: PrometheusClient,
  dashboard: Dashboard,
  range: TimeRange,
  isStrict: boolean,
): Promise<CheckedQuery[]> {
  const choices = await variableChoices(client, dashboard, range);
  const checked: CheckedQuery[] = [];
  for (const panel of dashboard.panels) {
    for (const target of panel.targets) {
      const { expr } = target;
      const result = await firstWithData(client, expr, choices, range);
      const isExcused = result.outcome === "empty" && !isStrict;
      checked.push({
        place: `${dashboard.title}, ${panel.title}`,
        expression: expr,
        ...(isExcused ? emptyPanel(panel, target) : result),
      });
    }
  }
  // What annotations show need not happen.
  for (const { name, target } of dashboard.annotations.list) {
    if (target === undefined) continue;
    const { expr } = target;
    const result = await firstWithData(client, expr, choices, range);
    const outcome = result.outcome === "empty" ? "may-be-empty" : result.outcome;
    checked.push({ ...result, place: `${dashboard.title}, annotation ${name}`, expression: expr, outcome });
  }
  return checked;
}

/**
 * Runs the expression of every rule that Prometheus has loaded. One without data is well as long as each metric that it
 * asks for has some: an alert is silent while all is well, not because it asks for what nobody exports.
 */
export async function checkRules(client: PrometheusClient, range: TimeRange): Promise<CheckedQuery[]> {
  const checked: CheckedQuery[] = [];
  for (const { name, query, type, lastError } of await client.rules()) {
    const result: Result =
      lastError === undefined
        ? await dataOf(client, query, range)
        : { outcome: "refused", explanation: lastError };
    checked.push({
      place: `${type} rule ${name}`,
      expression: query,
      ...(result.outcome === "empty" ? await emptyRule(client, query, range) : result),
    });
  }
  return checked;
}

async function firstWithData(
  client: PrometheusClient,
  expression: string,
  choices: readonly Record<string, string>[],
  range: TimeRange,
): Promise<Result> {
  let result: Result = { outcome: "empty" };
  for (const choice of choices) {
    result = await dataOf(client, expand(expression, choice, range), range);
    if (result.outcome !== "empty") break;
  }
  return result;
}

async function dataOf(client: PrometheusClient, query: string, range: TimeRange): Promise<Result> {
  try {
    const series = await client.queryRange(query, range);
    return { outcome: series.length > 0 ? "data" : "empty" };
  } catch (error) {
    if (!(error instanceof PrometheusError) || error.code !== "REFUSED") throw error;
    return { outcome: "refused", explanation: error.message };
  }
}

function emptyPanel(panel: Panel, target: Target): Result {
  const { noValue } = settingsOf(panel, { name: fieldName(panel, target), refId: target.refId });
  return noValue === undefined ? { outcome: "empty" } : { outcome: "may-be-empty", explanation: noValue };
}

/** What the values of a query are called, by which overrides find them. */
function fieldName({ type, transformations }: Panel, { refId, legendFormat = "" }: Target): string {
  if (type !== "table") return legendFormat;
  const organize = transformations.find(({ id }) => id === "organize");
  return (organize?.id === "organize" && organize.options.renameByName[`Value #${refId}`]) || "";
}

async function emptyRule(client: PrometheusClient, query: string, range: TimeRange): Promise<Result> {
  const missing: string[] = [];
  for (const name of metricNames(query)) {
    if ((await client.queryRange(`count(${name})`, range)).length === 0) missing.push(name);
  }
  return missing.length === 0
    ? { outcome: "may-be-empty", explanation: "its metrics have data" }
    : { outcome: "empty", explanation: `no data for ${missing.join(", ")}` };
}
