import type { TimeRange } from "../prometheus-client.js";
import { type Box, number, path, text, textWidth } from "./svg.js";

export const timeAxisHeight = 24;
const minLabelDistance = 60;
const fontSize = 11;
const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600];

/** The time since the beginning of the range, below a plot. */
export function drawTimeAxis(plot: Box, { startSeconds, endSeconds }: TimeRange): string {
  const seconds = endSeconds - startSeconds;
  const step = steps.find((each) => (plot.width * each) / seconds >= minLabelDistance) ?? seconds;
  const bottom = plot.y + plot.height;
  const marks = [path(`M${number(plot.x)} ${number(bottom)}h${number(plot.width)}`, 'stroke="#999"')];
  for (let at = 0; at <= seconds; at += step) {
    const x = plot.x + (plot.width * at) / seconds;
    marks.push(path(`M${number(x)} ${number(bottom)}v4`, 'stroke="#999"'));
    const isAtEnd = plot.x + plot.width - x < textWidth(elapsed(at), fontSize) / 2;
    const anchor = isAtEnd ? "end" : "middle";
    marks.push(text(x, bottom + 17, elapsed(at), { size: fontSize, anchor, colour: "#777" }));
  }
  return marks.join("");
}

function elapsed(seconds: number): string {
  if (seconds <= 120) return `${seconds} s`;
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}
