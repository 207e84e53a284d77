import type { Dashboard, Panel } from "../dashboard.js";
import type { PrometheusClient, TimeRange } from "../prometheus-client.js";
import { drawBarGauge } from "./bar-gauge-panel.js";
import { drawGauge } from "./gauge-panel.js";
import { fetchPanelData, type PanelData } from "./panel-data.js";
import { drawStat } from "./stat-panel.js";
import { drawStateTimeline } from "./state-timeline-panel.js";
import { type Box, escapeXml, rectangle, text, wrapped } from "./svg.js";
import { drawTable } from "./table-panel.js";
import { drawTimeSeries } from "./time-series-panel.js";

/** Grafana's grid on a page of this width. */
const pageWidth = 1240;
const columns = 24;
const rowHeight = 36;
const gap = 8;
const margin = 12;
const headerHeight = 62;
const panelHeaderHeight = 30;
const padding = 12;
const noteSize = 13;
const noteLineHeight = 18;

export interface DashboardPicture {
  readonly svg: string;
  /** Panels without data that do not say that they may have none. */
  readonly emptyPanels: readonly string[];
}

/** Draws a dashboard as Grafana would show it for this range of time, with a value for each of its variables. */
export async function drawDashboard(
  client: PrometheusClient,
  dashboard: Dashboard,
  variables: Readonly<Record<string, string>>,
  range: TimeRange,
): Promise<DashboardPicture> {
  const parts: string[] = [];
  const emptyPanels: string[] = [];
  for (const panel of dashboard.panels) {
    const box = boxOf(panel);
    if (panel.type === "row") {
      const baseline = box.y + box.height - 8;
      parts.push(text(box.x + 2, baseline, panel.title, { size: 14, isBold: true, colour: "#222" }));
      continue;
    }
    const data = await fetchPanelData(client, panel, variables, range);
    const isEmpty = data.series.length === 0 && (data.table?.rows.length ?? 0) === 0;
    const { noValue } = panel.fieldConfig.defaults;
    if (isEmpty && noValue === undefined) emptyPanels.push(panel.title);
    const inner = insideOf(box);
    const content = isEmpty ? drawNothing(noValue ?? "no data", inner) : drawPanel(panel, data, inner, range);
    parts.push(drawFrame(panel, box, content));
  }
  const height = Math.max(...dashboard.panels.map(boxOf).map((box) => box.y + box.height)) + margin;
  const chosen = Object.values(variables).join(", ");
  const title = chosen === "" ? dashboard.title : `${dashboard.title}: ${chosen}`;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${pageWidth} ${height}" width="${pageWidth}" height="${height}" font-family="system-ui, sans-serif">
<title>${escapeXml(title)}</title>
${rectangle({ x: 0, y: 0, width: pageWidth, height }, "#f4f5f5")}
${text(margin + 2, 28, title, { size: 19, isBold: true, colour: "#111" })}
${text(margin + 2, 48, dashboard.description, { size: 12, colour: "#666" })}
${parts.join("\n")}
</svg>
`;
  return { svg, emptyPanels };
}

function boxOf({ gridPos: { x, y, w, h } }: Panel): Box {
  const columnWidth = (pageWidth - 2 * margin + gap) / columns;
  return {
    x: margin + x * columnWidth,
    y: headerHeight + y * rowHeight,
    width: w * columnWidth - gap,
    height: h * rowHeight - gap,
  };
}

function insideOf({ x, y, width, height }: Box): Box {
  return {
    x: x + padding,
    y: y + panelHeaderHeight,
    width: width - 2 * padding,
    height: height - panelHeaderHeight - padding,
  };
}

/** The description is what a browser shows over the panel. */
function drawFrame({ title, description = title }: Panel, box: Box, content: string): string {
  return [
    `<g><title>${escapeXml(description)}</title>`,
    rectangle(box, "#fff", 'stroke="#dcdcdc" rx="3"'),
    text(box.x + padding, box.y + 20, title, { size: 13, isBold: true, colour: "#222" }),
    content,
    "</g>",
  ].join("\n");
}

function drawPanel(panel: Panel, data: PanelData, box: Box, range: TimeRange): string {
  switch (panel.type) {
    case "timeseries":
      return drawTimeSeries(panel, data, box, range);
    case "stat":
      return drawStat(panel, data, box);
    case "gauge":
      return drawGauge(data, box);
    case "bargauge":
      return drawBarGauge(data, box);
    case "state-timeline":
      return drawStateTimeline(data, box, range);
    case "table":
      return data.table === undefined ? "" : drawTable(panel, data.table, box);
    case "row":
      return "";
  }
}

function drawNothing(words: string, box: Box): string {
  const lines = wrapped(words, noteSize, box.width);
  const top = box.y + (box.height - lines.length * noteLineHeight) / 2;
  return lines
    .map((line, i) =>
      text(box.x + box.width / 2, top + (i + 0.75) * noteLineHeight, line, {
        size: noteSize,
        anchor: "middle",
        colour: "#888",
      }),
    )
    .join("");
}
