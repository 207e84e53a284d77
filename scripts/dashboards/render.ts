// Draws every dashboard from its JSON and what a Prometheus knows of a run, one SVG each:
// `npx tsx scripts/dashboards/render.ts http://127.0.0.1:9090 pictures`. The exit code is 1 when a panel is empty.
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { readDashboards } from "./dashboard.js";
import { variableChoices } from "./expression.js";
import { PrometheusClient, type TimeRange } from "./prometheus-client.js";
import { drawDashboard } from "./render/dashboard-picture.js";

const maxSamples = 400;
const lookBackSeconds = 3600;
const beforeSeconds = 2;
const afterSeconds = 8;

const usage = `render.ts URL FOLDER [--start TIME --end TIME] [--node NAME]
  URL            of Prometheus
  FOLDER         where the pictures go, one for each dashboard
  --start, --end Unix time in seconds (default: from before the leechers joined to after the last was complete)
  --node NAME    the node of the dashboard Node (default: the first by name)`;

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { start: { type: "string" }, end: { type: "string" }, node: { type: "string" } },
});
const [url, folder, ...surplus] = positionals;
if (url === undefined || folder === undefined || surplus.length > 0) {
  console.error(usage);
  process.exit(2);
}

const client = new PrometheusClient(url);
const range = await rangeOfRun();
await mkdir(folder, { recursive: true });
for (const { name, dashboard } of await readDashboards()) {
  const choices = await variableChoices(client, dashboard, range);
  const choice = choices.find(({ node }) => node === values.node) ?? choices[0];
  if (choice === undefined) throw new Error(`${dashboard.title}: its variables have no value in this time`);
  const { svg, emptyPanels } = await drawDashboard(client, dashboard, choice, range);
  await writeFile(join(folder, `${name}.svg`), svg);
  console.log(join(folder, `${name}.svg`));
  for (const title of emptyPanels) console.log(`EMPTY: ${dashboard.title}, ${title}`);
  if (emptyPanels.length > 0) process.exitCode = 1;
}

async function rangeOfRun(): Promise<TimeRange> {
  const now = Math.floor(Date.now() / 1000);
  const started = await lastOf('min(swarmlab:node:start_timestamp_seconds{role="leecher"})', now);
  const ended = await lastOf('max(swarmlab_peer_complete_timestamp_seconds{role="leecher"})', now);
  const startSeconds = Math.floor(Number(values.start ?? (started ?? now) - beforeSeconds));
  const endSeconds = Math.ceil(Number(values.end ?? Math.min((ended ?? now) + afterSeconds, now)));
  if (!(endSeconds > startSeconds))
    throw new Error("no run was watched in the last hour: give --start and --end");
  const stepSeconds = Math.max(1, Math.ceil((endSeconds - startSeconds) / maxSamples));
  return { startSeconds, endSeconds, stepSeconds };
}

async function lastOf(query: string, now: number): Promise<number | undefined> {
  const range = { startSeconds: now - lookBackSeconds, endSeconds: now, stepSeconds: 5 };
  const [series] = await client.queryRange(query, range);
  return series?.samples.at(-1)?.value;
}
