import type { FieldSettings, Panel, Target } from "../dashboard.js";
import { expand } from "../expression.js";
import type { PrometheusClient, Sample, Series, TimeRange } from "../prometheus-client.js";
import { settingsOf } from "./field.js";
import { type Table, tableOf } from "./table-data.js";

/** A line, bar, figure or band of a panel. */
export interface NamedSeries {
  readonly name: string;
  readonly settings: FieldSettings;
  readonly samples: readonly Sample[];
}

export interface PanelData {
  /** In the order of the panel's queries. */
  readonly series: readonly NamedSeries[];
  /** The rows of a panel that is a table. */
  readonly table: Table | undefined;
}

/** What a panel shows: its queries, each over the range or at its end, as Grafana would send them. */
export async function fetchPanelData(
  client: PrometheusClient,
  panel: Panel,
  variables: Readonly<Record<string, string>>,
  range: TimeRange,
): Promise<PanelData> {
  const results: { target: Target; series: Series[] }[] = [];
  for (const target of panel.targets) {
    const query = expand(target.expr, variables, range);
    const series = target.instant
      ? await client.query(query, range.endSeconds)
      : await client.queryRange(query, range);
    results.push({ target, series });
  }
  if (panel.type === "table") return { series: [], table: tableOf(panel, results) };
  return {
    table: undefined,
    series: results.flatMap(({ target, series }) =>
      [...series].sort(target.instant ? () => 0 : byLabels).map(({ labels, samples }) => {
        const name = legendOf(target, labels);
        const settings = settingsOf(panel, { name, refId: target.refId });
        return { name: settings.displayName ?? name, settings, samples };
      }),
    ),
  };
}

/** The last value of a series. */
export function lastValue({ samples }: NamedSeries): number {
  return samples.at(-1)?.value ?? Number.NaN;
}

function legendOf({ legendFormat = "" }: Target, labels: Readonly<Record<string, string>>): string {
  return legendFormat.replace(/\{\{\s*(\w+)\s*\}\}/g, (_, label: string) => labels[label] ?? "");
}

function byLabels(a: Series, b: Series): number {
  return textOf(a).localeCompare(textOf(b), "en", { numeric: true });
}

function textOf({ labels }: Series): string {
  return Object.entries(labels).flat().join(" ");
}
