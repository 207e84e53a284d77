// Runs every query of every dashboard, and every rule, against a Prometheus that watched a swarm, and tells which have
// no data: `npx tsx scripts/dashboards/run-queries.ts http://127.0.0.1:9090`. The exit code is 1 when one should have.
import { parseArgs } from "node:util";
import { readDashboards } from "./dashboard.js";
import { PrometheusClient } from "./prometheus-client.js";
import { type CheckedQuery, checkDashboard, checkRules } from "./query-check.js";

const maxSamples = 900;

const usage = `run-queries.ts URL [--minutes N] [--strict DASHBOARD]…
  URL                 of Prometheus
  --minutes N         how far to look back (default 15)
  --strict DASHBOARD  nothing may be empty on it, whatever its panels say (links: where the kernel makes all links)`;

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    minutes: { type: "string", default: "15" },
    strict: { type: "string", multiple: true, default: [] },
  },
});
const [url, ...surplus] = positionals;
const minutes = Number(values.minutes);
if (url === undefined || surplus.length > 0 || !(minutes > 0)) {
  console.error(usage);
  process.exit(2);
}

const client = new PrometheusClient(url);
const endSeconds = Math.floor(Date.now() / 1000);
const startSeconds = endSeconds - Math.round(minutes * 60);
const stepSeconds = Math.max(1, Math.ceil((endSeconds - startSeconds) / maxSamples));
const range = { startSeconds, endSeconds, stepSeconds };

const checked: CheckedQuery[] = [];
for (const { name, dashboard } of await readDashboards()) {
  checked.push(...(await checkDashboard(client, dashboard, range, values.strict.includes(name))));
}
checked.push(...(await checkRules(client, range)));

const rightlyEmpty = checked.filter(({ outcome }) => outcome === "may-be-empty");
const faults = checked.filter(({ outcome }) => outcome === "empty" || outcome === "refused");
for (const { place, explanation } of rightlyEmpty)
  console.log(`no data, rightly: ${named(place, explanation)}`);
for (const { place, expression, outcome, explanation } of faults) {
  console.log(`${outcome === "empty" ? "NO DATA" : "REFUSED"}: ${named(place, explanation)}`);
  console.log(expression.trimEnd().replace(/^/gm, "    "));
}
const withData = checked.length - rightlyEmpty.length - faults.length;
console.log(
  `${checked.length} queries: ${withData} with data, ${rightlyEmpty.length} rightly without, ${faults.length} faults`,
);
if (faults.length > 0) process.exitCode = 1;

function named(place: string, explanation: string | undefined): string {
  return explanation === undefined ? place : `${place} (${explanation})`;
}
