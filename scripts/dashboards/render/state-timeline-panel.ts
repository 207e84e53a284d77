import type { FieldSettings } from "../dashboard.js";
import type { Sample, TimeRange } from "../prometheus-client.js";
import { shown } from "./field.js";
import { drawLegend, type LegendItem } from "./legend.js";
import type { PanelData } from "./panel-data.js";
import { type Box, fitted, rectangle, text, textWidth } from "./svg.js";
import { drawTimeAxis, timeAxisHeight } from "./time-axis.js";

const fontSize = 11;

/** A band for each series, in the colours of its values. */
export function drawStateTimeline({ series }: PanelData, box: Box, range: TimeRange): string {
  const states = new Map<string, LegendItem>();
  for (const { settings, samples } of series) {
    for (const { value } of samples) {
      const { text: name, colour } = shown(value, settings);
      states.set(name, { name, colour, isDashed: false });
    }
  }
  const legend = drawLegend([...states.values()], "bottom", box);
  const nameWidth = Math.min(
    box.width * 0.3,
    Math.max(...series.map(({ name }) => textWidth(name, fontSize))) + 12,
  );
  const plot: Box = {
    x: box.x + nameWidth,
    y: box.y,
    width: box.width - nameWidth,
    height: legend.rest.height - timeAxisHeight,
  };
  const rowHeight = plot.height / series.length;
  const pixelsPerSecond = plot.width / (range.endSeconds - range.startSeconds);
  const bands = series.map(({ name, settings, samples }, row) => {
    const y = plot.y + row * rowHeight;
    const label = fitted(name, fontSize, nameWidth);
    const parts = statesOf(samples, settings, range).map(({ from, until, colour }) => {
      const x = plot.x + (from - range.startSeconds) * pixelsPerSecond;
      const band = {
        x,
        y: y + rowHeight * 0.1,
        width: (until - from) * pixelsPerSecond,
        height: rowHeight * 0.8,
      };
      return rectangle(band, colour, 'fill-opacity="0.8"');
    });
    return [text(plot.x - 8, y + rowHeight / 2 + 4, label, { size: fontSize, anchor: "end" }), ...parts].join(
      "",
    );
  });
  return [...bands, drawTimeAxis(plot, range), legend.svg].join("\n");
}

interface State {
  readonly from: number;
  until: number;
  readonly colour: string;
}

/** For how long which colour held; nothing where samples are missing. */
function statesOf(samples: readonly Sample[], settings: FieldSettings, range: TimeRange): State[] {
  const states: State[] = [];
  samples.forEach(({ atSeconds, value }, i) => {
    const next = samples[i + 1]?.atSeconds ?? range.endSeconds;
    const until = Math.min(next, atSeconds + 1.5 * range.stepSeconds);
    const { colour } = shown(value, settings);
    const last = states.at(-1);
    if (last?.colour === colour && last.until === atSeconds) last.until = until;
    else states.push({ from: atSeconds, until, colour });
  });
  return states;
}
