import type { Panel, Target, Transformation } from "../dashboard.js";
import type { Series } from "../prometheus-client.js";

export type Cell = string | number | undefined;
type Row = Readonly<Record<string, Cell>>;

export interface Table {
  /** By the names that are shown. */
  readonly columns: readonly string[];
  readonly rows: readonly Row[];
}

/** The rows of a table panel: one frame a query, then the panel's transformations and its order. */
export function tableOf(
  panel: Panel,
  results: readonly { readonly target: Target; readonly series: readonly Series[] }[],
): Table {
  const frames = results.map(({ target, series }) => {
    // So Grafana names the column of values.
    const valueName = results.length === 1 ? "Value" : `Value #${target.refId}`;
    return series.map(({ labels, samples }): Row => ({ ...labels, [valueName]: samples.at(-1)?.value }));
  });
  const [rows = []] = panel.transformations.reduce(transformed, frames);
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const [order] = panel.options.sortBy ?? [];
  if (order === undefined) return { columns, rows };
  const direction = order.desc ? -1 : 1;
  const { displayName } = order;
  return { columns, rows: [...rows].sort((a, b) => direction * compared(a[displayName], b[displayName])) };
}

function transformed(frames: Row[][], { id, options }: Transformation): Row[][] {
  switch (id) {
    case "filterFieldsByName": {
      const pattern = new RegExp(options.include.pattern);
      return frames.map((rows) =>
        rows.map((row) => Object.fromEntries(Object.entries(row).filter(([name]) => pattern.test(name)))),
      );
    }
    case "joinByField":
      return [joined(frames.flat(), options.byField)];
    case "organize":
      return frames.map((rows) => rows.map((row) => organized(row, options)));
  }
}

/** Rows with the same value of a field become one (an outer join). */
function joined(rows: readonly Row[], field: string): Row[] {
  const byKey = new Map<Cell, Row>();
  for (const row of rows) byKey.set(row[field], { ...byKey.get(row[field]), ...row });
  return [...byKey.values()];
}

type Organization = Extract<Transformation, { id: "organize" }>["options"];

function organized(row: Row, { indexByName, renameByName }: Organization): Row {
  const names = Object.keys(indexByName).sort((a, b) => (indexByName[a] ?? 0) - (indexByName[b] ?? 0));
  return Object.fromEntries(names.map((name) => [renameByName[name] ?? name, row[name]]));
}

function compared(a: Cell, b: Cell): number {
  if (typeof a === "number" && typeof b === "number") return a - b;
  return String(a ?? "").localeCompare(String(b ?? ""), "en", { numeric: true });
}
