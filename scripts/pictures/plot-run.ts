// Draws the report of a run (`npm start -- --json`, on standard input) as an SVG on standard output:
// how much each leecher had verified at each time, and the bound.
import { text } from "node:stream/consumers";
import { z } from "zod";

const sample = z.object({ seconds: z.number(), verifiedBytes: z.number(), uploadedBytes: z.number() });
const report = z.object({
  content: z.object({ name: z.string(), totalBytes: z.number() }),
  completion: z.object({ lastSeconds: z.number() }),
  theory: z.object({
    efficiency: z.number().optional(),
    bound: z.object({ seconds: z.number(), bindingTerm: z.string() }).optional(),
  }),
  peers: z.array(
    z.object({
      name: z.string(),
      role: z.enum(["seeder", "leecher"]),
      link: z.object({ text: z.string() }),
      completeSeconds: z.number().optional(),
      samples: z.array(sample),
    }),
  ),
});
type Report = z.infer<typeof report>;

const width = 860;
const height = 420;
const plot = { left: 64, top: 64, right: width - 150, bottom: height - 52 };
const colours = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7f7f7f"];

function draw({ content, completion, theory, peers }: Report): string {
  const leechers = peers.filter(({ role }) => role === "leecher");
  const seeder = peers.find(({ role }) => role === "seeder");
  const endSeconds = Math.max(completion.lastSeconds, theory.bound?.seconds ?? 0) * 1.05;
  const x = (seconds: number) => plot.left + ((plot.right - plot.left) * Math.max(0, seconds)) / endSeconds;
  const y = (fraction: number) => plot.bottom - (plot.bottom - plot.top) * Math.min(1, fraction);
  const path = (points: readonly (readonly [number, number])[]) =>
    points
      .map(([at, fraction], i) => `${i === 0 ? "M" : "L"}${x(at).toFixed(1)} ${y(fraction).toFixed(1)}`)
      .join("");
  const label = (at: number, down: number, words: string, attributes = "") =>
    `<text x="${at.toFixed(1)}" y="${down.toFixed(1)}" ${attributes}>${escapeXml(words)}</text>`;
  const parts: string[] = [];
  for (const fraction of [0, 0.25, 0.5, 0.75, 1]) {
    parts.push(`<path d="M${plot.left} ${y(fraction)}H${plot.right}" stroke="#ddd"/>`);
    parts.push(label(plot.left - 8, y(fraction) + 4, `${fraction * 100} %`, 'text-anchor="end"'));
  }
  const step = [1, 2, 5, 10, 20, 60, 120, 300, 600].find((s) => endSeconds / s <= 12) ?? 3600;
  for (let at = 0; at <= endSeconds; at += step) {
    parts.push(`<path d="M${x(at)} ${plot.bottom}v5" stroke="#888"/>`);
    parts.push(label(x(at), plot.bottom + 20, `${at} s`, 'text-anchor="middle"'));
  }
  leechers.forEach(({ name, samples, completeSeconds }, i) => {
    const colour = colours[i % colours.length];
    const before = samples.filter(({ seconds }) => seconds < (completeSeconds ?? Number.POSITIVE_INFINITY));
    const points: (readonly [number, number])[] = [
      [0, 0],
      ...before.map((s) => [s.seconds, s.verifiedBytes / content.totalBytes] as const),
    ];
    if (completeSeconds !== undefined) points.push([completeSeconds, 1]);
    parts.push(`<path d="${path(points)}" fill="none" stroke="${colour}" stroke-width="2"/>`);
    parts.push(label(plot.right + 12, plot.top + 14 + i * 18, name, `fill="${colour}"`));
  });
  if (seeder !== undefined) {
    const sent = seeder.samples.map((s) => [s.seconds, s.uploadedBytes / content.totalBytes] as const);
    parts.push(
      `<path d="${path(sent)}" fill="none" stroke="#222" stroke-width="1.5" stroke-dasharray="2 4"/>`,
    );
    parts.push(
      label(plot.right + 12, plot.top + 14 + leechers.length * 18, "sent by the seeder", 'fill="#222"'),
    );
  }
  if (theory.bound !== undefined) {
    const at = x(theory.bound.seconds);
    parts.push(`<path d="M${at} ${plot.top}V${plot.bottom}" stroke="#222" stroke-dasharray="6 4"/>`);
    const words = `bound ${theory.bound.seconds.toFixed(1)} s`;
    parts.push(label(at - 6, plot.bottom - 10, words, 'text-anchor="end"'));
  }
  const size = `${(content.totalBytes / 1024 / 1024).toFixed(0)} MiB`;
  const efficiency =
    theory.efficiency === undefined ? "" : `: ${(theory.efficiency * 100).toFixed(0)} % of the optimum`;
  const last = completion.lastSeconds.toFixed(1);
  const title = `${size} to ${leechers.length} leechers in ${last} s${efficiency}`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="system-ui, sans-serif" font-size="12" fill="#444">
<title>${escapeXml(title)}</title>
<rect width="100%" height="100%" fill="#fff"/>
${label(plot.left, 26, title, 'font-size="17" fill="#111"')}
${label(plot.left, 46, `verified by each leecher; every node behind ${seeder?.link.text ?? "its link"}`)}
${parts.join("\n")}
</svg>
`;
}

function escapeXml(words: string): string {
  return words.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}

process.stdout.write(draw(report.parse(JSON.parse(await text(process.stdin)))));
