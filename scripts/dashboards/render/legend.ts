import { type Box, fitted, number, path, text, textWidth } from "./svg.js";

export interface LegendItem {
  readonly name: string;
  readonly colour: string;
  readonly isDashed: boolean;
}

const fontSize = 11;
const lineHeight = 17;
const swatchWidth = 18;
const gap = 14;
const maxBottomLines = 2;

/** The legend at the side or at the foot of a panel, and what room it leaves. */
export function drawLegend(
  items: readonly LegendItem[],
  placement: "bottom" | "right",
  box: Box,
): { svg: string; rest: Box } {
  return placement === "right" ? atTheSide(items, box) : atTheFoot(items, box);
}

function atTheSide(items: readonly LegendItem[], box: Box): { svg: string; rest: Box } {
  const widest = Math.max(0, ...items.map(({ name }) => textWidth(name, fontSize)));
  const width = Math.min(box.width * 0.35, widest + swatchWidth + gap);
  const x = box.x + box.width - width + gap;
  const room = Math.floor(box.height / lineHeight);
  const shown = items.length <= room ? items : items.slice(0, room - 1);
  const drawn = shown.map((item, i) => drawItem(item, x, box.y + (i + 0.7) * lineHeight, width - gap));
  if (shown.length < items.length) {
    const more = `and ${items.length - shown.length} more`;
    drawn.push(text(x, box.y + (shown.length + 0.7) * lineHeight, more, { size: fontSize, colour: "#777" }));
  }
  return { svg: drawn.join(""), rest: { ...box, width: box.width - width } };
}

function atTheFoot(items: readonly LegendItem[], box: Box): { svg: string; rest: Box } {
  const lines = linesOf(items, box.width);
  const height = lines.length * lineHeight;
  const drawn = lines.map((line, row) => {
    let x = box.x;
    const y = box.y + box.height - height + (row + 0.8) * lineHeight;
    return line
      .map((item) => {
        const at = x;
        x += widthOf(item);
        return typeof item === "string"
          ? text(at, y, item, { size: fontSize, colour: "#777" })
          : drawItem(item, at, y, box.width);
      })
      .join("");
  });
  return { svg: drawn.join(""), rest: { ...box, height: box.height - height } };
}

/** At most so many lines; when that is not enough, the last ends with how many are not shown. */
function linesOf(items: readonly LegendItem[], width: number): (LegendItem | string)[][] {
  const lines: (LegendItem | string)[][] = [[]];
  let used = 0;
  for (const [i, item] of items.entries()) {
    const more = `and ${items.length - i} more`;
    const isLastLine = lines.length === maxBottomLines;
    const reserved = isLastLine && i < items.length - 1 ? widthOf(more) : 0;
    if (used > 0 && used + widthOf(item) + reserved > width) {
      if (isLastLine) {
        lines.at(-1)?.push(more);
        return lines;
      }
      lines.push([]);
      used = 0;
    }
    lines.at(-1)?.push(item);
    used += widthOf(item);
  }
  return lines;
}

function widthOf(item: LegendItem | string): number {
  if (typeof item === "string") return textWidth(item, fontSize);
  return textWidth(item.name, fontSize) + swatchWidth + gap;
}

function drawItem({ name, colour, isDashed }: LegendItem, x: number, y: number, width: number): string {
  const dashes = isDashed ? ' stroke-dasharray="4 3"' : "";
  const swatch = path(`M${number(x)} ${number(y - 4)}h12`, `stroke="${colour}" stroke-width="3"${dashes}`);
  return swatch + text(x + swatchWidth, y, fitted(name, fontSize, width - swatchWidth), { size: fontSize });
}
