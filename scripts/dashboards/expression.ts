import type { Dashboard } from "./dashboard.js";
import type { PrometheusClient, TimeRange } from "./prometheus-client.js";

/** `timeInterval` of the data source: how often Prometheus scrapes. */
const scrapeIntervalSeconds = 1;

/** An expression as Grafana would send it: its variables and those of the dashboard replaced. */
export function expand(
  expression: string,
  variables: Readonly<Record<string, string>>,
  { startSeconds, endSeconds, stepSeconds }: TimeRange,
): string {
  const builtIn: Record<string, string> = {
    __interval: `${stepSeconds}s`,
    __rate_interval: `${Math.max(stepSeconds + scrapeIntervalSeconds, 4 * scrapeIntervalSeconds)}s`,
    __range: `${Math.round(endSeconds - startSeconds)}s`,
  };
  return expression.replace(/\$(\w+)/g, (whole, name: string) => builtIn[name] ?? variables[name] ?? whole);
}

/**
 * Every combination of values of a dashboard's variables; one empty combination when it has none. Understands variables
 * that are `label_values(metric, label)`.
 */
export async function variableChoices(
  client: PrometheusClient,
  { templating }: Dashboard,
  range: TimeRange,
): Promise<Record<string, string>[]> {
  let choices: Record<string, string>[] = [{}];
  for (const { name, query } of templating.list) {
    const values = await labelValues(client, query.query, range);
    choices = choices.flatMap((choice) => values.map((value) => ({ ...choice, [name]: value })));
  }
  return choices;
}

async function labelValues(client: PrometheusClient, query: string, range: TimeRange): Promise<string[]> {
  const [, metric, label] = /^label_values\(([^,]+),\s*(\w+)\)$/.exec(query) ?? [];
  if (metric === undefined || label === undefined) {
    throw new Error(`a variable is ${query}, not label_values(metric, label)`);
  }
  const series = await client.queryRange(`count by (${label}) (${metric})`, range);
  return series
    .map(({ labels }) => labels[label] ?? "")
    .filter((value) => value !== "")
    .sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
}
