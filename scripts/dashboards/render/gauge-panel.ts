import { shown } from "./field.js";
import { lastValue, type PanelData } from "./panel-data.js";
import { type Box, number, path, text } from "./svg.js";

/** Of the radius. */
const strokePart = 0.22;

/** A half circle that is filled up to the last value of the first series. */
export function drawGauge({ series: [series] }: PanelData, box: Box): string {
  if (series === undefined) return "";
  const value = lastValue(series);
  const { min = 0, max = 1 } = series.settings;
  const part = Math.min(1, Math.max(0, (value - min) / (max - min)));
  const { text: words, colour } = shown(value, series.settings);
  const radius = Math.min(box.width / 2, box.height) * (1 - strokePart / 2) - 4;
  const strokeWidth = radius * strokePart;
  const centre = { x: box.x + box.width / 2, y: box.y + box.height - 6 };
  const arc = (to: number) => {
    const angle = Math.PI * (1 - to);
    const end = { x: centre.x + radius * Math.cos(angle), y: centre.y - radius * Math.sin(angle) };
    return `M${number(centre.x - radius)} ${number(centre.y)}A${number(radius)} ${number(radius)} 0 0 1 ${number(end.x)} ${number(end.y)}`;
  };
  return [
    path(arc(1), `fill="none" stroke="#e6e6e6" stroke-width="${strokeWidth}"`),
    path(arc(part), `fill="none" stroke="${colour}" stroke-width="${strokeWidth}"`),
    text(centre.x, centre.y - 2, words, { size: radius * 0.42, colour, anchor: "middle", isBold: true }),
  ].join("");
}
