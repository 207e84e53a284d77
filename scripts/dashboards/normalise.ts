// Brings all dashboards into the form in which they are kept, for example after an export from Grafana was copied over
// one of them: `npx tsx scripts/dashboards/normalise.ts && npm run format`.
import { writeFile } from "node:fs/promises";
import { readDashboards } from "./dashboard.js";
import { normalForm } from "./normal-form.js";

for (const { path, json } of await readDashboards()) {
  await writeFile(path, `${JSON.stringify(normalForm(json), undefined, 2)}\n`);
}
