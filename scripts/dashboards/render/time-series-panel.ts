import type { Panel } from "../dashboard.js";
import type { TimeRange } from "../prometheus-client.js";
import { drawLegend, type LegendItem } from "./legend.js";
import { drawLine, linesOf } from "./line.js";
import type { PanelData } from "./panel-data.js";
import { type Box, number, path, text, textWidth } from "./svg.js";
import { drawTimeAxis, timeAxisHeight } from "./time-axis.js";
import { formatValue, lastTick, ticks } from "./units.js";

const fontSize = 11;
const minTickDistance = 28;
/** So that the topmost label keeps off the title. */
const topRoom = 8;

/** Lines, areas or bars over time, with both axes and a legend. */
export function drawTimeSeries(panel: Panel, { series }: PanelData, box: Box, range: TimeRange): string {
  const lines = linesOf(series, range);
  const items = lines.map(
    ({ series: { name, settings }, colour }): LegendItem => ({
      name,
      colour,
      isDashed: settings.custom?.lineStyle?.fill === "dash",
    }),
  );
  const legend = drawLegend(items, panel.options.legend?.placement ?? "bottom", box);
  const settings = panel.fieldConfig.defaults;
  const values = lines.flatMap(({ points, floor }) => [...points.map(({ value }) => value), ...floor]);
  const height = legend.rest.height - timeAxisHeight - topRoom;
  const tickCount = Math.max(2, Math.floor(height / minTickDistance));
  const min = settings.min ?? Math.min(0, ...values);
  const max = settings.max ?? lastTick(min, Math.max(...values), settings, tickCount);
  const marks = ticks(min, max, settings, tickCount);
  const labels = marks.map((mark) => formatValue(mark, settings));
  const labelWidth = Math.max(...labels.map((label) => textWidth(label, fontSize))) + 10;
  const plot: Box = {
    x: box.x + labelWidth,
    y: box.y + topRoom,
    width: legend.rest.width - labelWidth,
    height,
  };
  const y = (value: number) => plot.y + plot.height * (1 - (value - min) / (max - min || 1));
  const x = (seconds: number) =>
    plot.x + (plot.width * (seconds - range.startSeconds)) / (range.endSeconds - range.startSeconds);
  const grid = marks.map(
    (mark, i) =>
      path(`M${number(plot.x)} ${number(y(mark))}h${number(plot.width)}`, 'stroke="#e6e6e6"') +
      text(plot.x - 8, y(mark) + 4, labels[i] ?? "", { size: fontSize, anchor: "end", colour: "#777" }),
  );
  const drawn = lines.map((line) => drawLine(line, x, y, range.stepSeconds));
  return [...grid, drawTimeAxis(plot, range), ...drawn, legend.svg].join("\n");
}
