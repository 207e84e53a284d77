import { shown } from "./field.js";
import { lastValue, type PanelData } from "./panel-data.js";
import { type Box, fitted, rectangle, text, textWidth } from "./svg.js";

const fontSize = 12;
const maxRowHeight = 40;

/** A bar for the last value of each series, from the smallest or `min` to the largest or `max`. */
export function drawBarGauge({ series }: PanelData, box: Box): string {
  const values = series.map(lastValue);
  const rowHeight = Math.min(maxRowHeight, box.height / series.length);
  const nameWidth = Math.min(
    box.width * 0.45,
    Math.max(...series.map(({ name }) => textWidth(name, fontSize))) + 10,
  );
  const texts = series.map(({ settings }, i) => shown(values[i] ?? 0, settings, i));
  const valueWidth = Math.max(...texts.map(({ text: words }) => textWidth(words, fontSize))) + 10;
  const room = box.width - nameWidth - valueWidth;
  return series
    .map(({ name, settings }, i) => {
      const { min = 0, max = Math.max(...values) } = settings;
      const part = Math.min(1, Math.max(0, ((values[i] ?? 0) - min) / (max - min || 1)));
      const { text: words = "", colour = "" } = texts[i] ?? {};
      const y = box.y + i * rowHeight;
      const bar: Box = { x: box.x + nameWidth, y: y + 3, width: room, height: rowHeight - 6 };
      const baseline = y + rowHeight / 2 + 4;
      return [
        text(box.x + nameWidth - 8, baseline, fitted(name, fontSize, nameWidth), {
          size: fontSize,
          anchor: "end",
        }),
        rectangle(bar, "#f0f0f0"),
        rectangle({ ...bar, width: room * part }, colour),
        text(bar.x + room + 8, baseline, words, { size: fontSize, colour: "#222" }),
      ].join("");
    })
    .join("");
}
