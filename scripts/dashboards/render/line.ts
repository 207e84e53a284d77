import type { Sample, TimeRange } from "../prometheus-client.js";
import { colourOf } from "./field.js";
import { lastValue, type NamedSeries } from "./panel-data.js";
import { number, path, rectangle } from "./svg.js";

/** A line on the plot; a stacked one begins where the one below it ends. */
export interface Line {
  readonly series: NamedSeries;
  readonly colour: string;
  readonly points: readonly Sample[];
  /** Where its area ends, at the same times as its points. */
  readonly floor: readonly number[];
}

/** The lines of a panel in their colours, those that are stacked one on the other. */
export function linesOf(
  series: readonly NamedSeries[],
  { startSeconds, endSeconds, stepSeconds }: TimeRange,
): Line[] {
  const stacked = new Map<number, number>();
  const count = Math.round((endSeconds - startSeconds) / stepSeconds);
  return series.map((each, index) => {
    const colour = colourOf(lastValue(each), each.settings, index);
    if (each.settings.custom?.stacking?.mode !== "normal") {
      return { series: each, colour, points: each.samples, floor: each.samples.map(() => 0) };
    }
    // Every line of a stack has all times, so that those above it do not fall where it is missing.
    const values = new Map(each.samples.map(({ atSeconds, value }) => [atSeconds, value]));
    const points: Sample[] = [];
    const floor: number[] = [];
    for (let i = 0; i <= count; i++) {
      const atSeconds = startSeconds + i * stepSeconds;
      const below = stacked.get(atSeconds) ?? 0;
      const value = below + (values.get(atSeconds) ?? 0);
      stacked.set(atSeconds, value);
      points.push({ atSeconds, value });
      floor.push(below);
    }
    return { series: each, colour, points, floor };
  });
}

/** From a time or value to pixels. */
type Scale = (value: number) => number;

export function drawLine(
  { series, colour, points, floor }: Line,
  x: Scale,
  y: Scale,
  stepSeconds: number,
): string {
  const {
    lineWidth = 2,
    lineStyle,
    fillOpacity = 0,
    lineInterpolation,
    drawStyle,
  } = series.settings.custom ?? {};
  if (drawStyle === "bars") {
    const width = Math.max(1, x(stepSeconds) - x(0) - 1);
    return points
      .map(({ atSeconds, value }, i) => {
        const top = y(value);
        return rectangle(
          { x: x(atSeconds) - width / 2, y: top, width, height: y(floor[i] ?? 0) - top },
          colour,
        );
      })
      .join("");
  }
  const connect = lineInterpolation === "stepAfter" ? inSteps : straight;
  const drawn: string[] = [];
  for (const { from, to } of unbroken(points, stepSeconds)) {
    const part = points.slice(from, to);
    const top = part.map(({ atSeconds, value }): Point => [x(atSeconds), y(value)]);
    const bottom = part.map(({ atSeconds }, i): Point => [x(atSeconds), y(floor[from + i] ?? 0)]);
    if (fillOpacity > 0) {
      const area = `M${connect(top)}L${connect(bottom, "back")}Z`;
      drawn.push(path(area, `fill="${colour}" fill-opacity="${fillOpacity / 100}"`));
    }
    const dashes = lineStyle?.fill === "dash" ? ' stroke-dasharray="7 5"' : "";
    drawn.push(
      path(
        `M${connect(top)}`,
        `fill="none" stroke="${colour}" stroke-width="${lineWidth}" stroke-linejoin="round"${dashes}`,
      ),
    );
  }
  return drawn.join("");
}

type Point = readonly [x: number, y: number];
type Connect = (points: readonly Point[], direction?: "back") => string;

const straight: Connect = (points, direction) => {
  const places = points.map(([x, y]) => `${number(x)} ${number(y)}`);
  return (direction === "back" ? places.reverse() : places).join("L");
};

/** Each value holds until the next. */
const inSteps: Connect = (points, direction) => {
  const corners = points.flatMap(([x, y], i): Point[] => {
    const before = points[i - 1];
    return before === undefined
      ? [[x, y]]
      : [
          [x, before[1]],
          [x, y],
        ];
  });
  return straight(corners, direction);
};

/** The parts of a line in which no sample is missing, as indices. */
function unbroken(points: readonly Sample[], stepSeconds: number): { from: number; to: number }[] {
  const parts: { from: number; to: number }[] = [];
  let from = 0;
  for (let i = 1; i <= points.length; i++) {
    const gap = (points[i]?.atSeconds ?? Number.POSITIVE_INFINITY) - (points[i - 1]?.atSeconds ?? 0);
    if (gap <= 1.5 * stepSeconds) continue;
    parts.push({ from, to: i });
    from = i;
  }
  return parts;
}
