import type { Panel } from "../dashboard.js";
import { shown } from "./field.js";
import { lastValue, type PanelData } from "./panel-data.js";
import { type Box, fitted, text, textWidth } from "./svg.js";

const maxFontSize = 30;
const minFontSize = 9;
const nameSize = 12;
/** Between two values. */
const gap = 22;

/** The last value of each series, large, beside each other. */
export function drawStat({ options }: Panel, { series }: PanelData, box: Box): string {
  const width = box.width / series.length;
  const values = series.map((each, i) => {
    const { text: value, colour } = shown(lastValue(each), each.settings, i);
    return { name: each.name, words: options.textMode === "name" ? each.name : value, colour };
  });
  const widest = Math.max(textWidth("0", 1), ...values.map(({ words }) => textWidth(words, 1)));
  const size = Math.max(minFontSize, Math.min(maxFontSize, (width - gap) / widest));
  const hasNames =
    options.textMode === "value_and_name" || (options.textMode !== "name" && series.length > 1);
  const baseline = box.y + box.height / 2 + (hasNames ? 20 : 8);
  return values
    .map(({ name, words, colour }, i) => {
      const middle = box.x + (i + 0.5) * width;
      const value = text(middle, baseline, words, { size, colour, anchor: "middle", isBold: true });
      if (!hasNames) return value;
      const label = fitted(name, nameSize, width - 4);
      return (
        value + text(middle, baseline - size - 4, label, { size: nameSize, anchor: "middle", colour: "#666" })
      );
    })
    .join("");
}
