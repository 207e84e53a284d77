import type { FieldSettings, Panel } from "../dashboard.js";
import { settingsOf, shown } from "./field.js";
import { type Box, fitted, number, path, text, textWidth } from "./svg.js";
import type { Cell, Table } from "./table-data.js";

const fontSize = 11;
const rowHeight = 24;
const padding = 10;

export function drawTable(panel: Panel, { columns, rows }: Table, box: Box): string {
  const settings = columns.map((name) => settingsOf(panel, { name, refId: "" }));
  const widths = columnWidths(settings, columns, rows, box.width);
  const starts = widths.map((_, i) => box.x + widths.slice(0, i).reduce((sum, width) => sum + width, 0));
  const room = Math.floor(box.height / rowHeight) - 1;
  const shownRows = rows.length <= room ? rows : rows.slice(0, room - 1);
  const drawn = columns.map((name, i) =>
    text((starts[i] ?? 0) + padding, box.y + 16, fitted(name, fontSize, (widths[i] ?? 0) - padding), {
      size: fontSize,
      isBold: true,
    }),
  );
  shownRows.forEach((row, r) => {
    const y = box.y + (r + 1) * rowHeight;
    drawn.push(path(`M${number(box.x)} ${number(y)}h${number(box.width)}`, 'stroke="#e6e6e6"'));
    columns.forEach((name, i) => {
      const { words, colour } = cell(row[name], settings[i] ?? {});
      const width = (widths[i] ?? 0) - padding;
      drawn.push(
        text((starts[i] ?? 0) + padding, y + 16, fitted(words, fontSize, width), { size: fontSize, colour }),
      );
    });
  });
  if (shownRows.length < rows.length) {
    const y = box.y + (shownRows.length + 1) * rowHeight + 16;
    drawn.push(text(box.x + padding, y, `and ${rows.length - shownRows.length} more`, { colour: "#777" }));
  }
  return drawn.join("");
}

function cell(value: Cell, settings: FieldSettings): { words: string; colour: string } {
  if (value === undefined) return { words: settings.noValue ?? "", colour: "#777" };
  if (typeof value === "string") return { words: value, colour: "#222" };
  const { text: words, colour } = shown(value, settings);
  return { words, colour: settings.custom?.cellOptions?.type === "color-text" ? colour : "#222" };
}

/** Fixed ones as they are; the others share what is left as their words need. */
function columnWidths(
  settings: readonly FieldSettings[],
  columns: readonly string[],
  rows: Table["rows"],
  width: number,
): number[] {
  const fixed = settings.map((each) => each.custom?.width);
  const wanted = columns.map((name, i) => {
    const words = [name, ...rows.map((row) => cell(row[name], settings[i] ?? {}).words)];
    return Math.max(...words.map((each) => textWidth(each, fontSize))) + 2 * padding;
  });
  const left = width - fixed.reduce((sum: number, each) => sum + (each ?? 0), 0);
  const wantedSum = wanted.reduce((sum, each, i) => (fixed[i] === undefined ? sum + each : sum), 0);
  return wanted.map((each, i) => fixed[i] ?? (left * each) / wantedSum);
}
