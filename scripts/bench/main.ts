import { writeFile } from "node:fs/promises";
import { loadProcessSettings } from "@swarmlab/settings/load";
import { isIsolated, runIsolated } from "../netns/isolate.js";
import { Scope } from "../process/scope.js";
import { pairSettings, runPair } from "./pair.js";
import { runSwarm, swarmSettings } from "./swarm.js";
import { runTracker, trackerSettings } from "./tracker.js";

const usage = "usage: npm run bench -- pair|tracker|swarm [flags]   (--help after the name tells its flags)";

const scope = new Scope();
const [name, ...argv] = process.argv.slice(2);
try {
  if (name === "pair") {
    const settings = loadProcessSettings(pairSettings, argv);
    if (settings) await save(settings.jsonOut, await runPair(settings, scope));
  } else if (name === "tracker") {
    const settings = loadProcessSettings(trackerSettings, argv);
    if (settings) await save(settings.jsonOut, await runTracker(settings, scope));
  } else if (name === "swarm") {
    const settings = loadProcessSettings(swarmSettings, argv);
    if (settings && isIsolated()) await save(settings.jsonOut, await runSwarm(settings, scope));
    else if (settings)
      process.exitCode = await runIsolated([process.execPath, ...process.execArgv, ...process.argv.slice(1)]);
  } else {
    console.error(usage);
    process.exitCode = 2;
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  await scope.close();
}

async function save(path: string | undefined, results: unknown): Promise<void> {
  if (path !== undefined) await writeFile(path, `${JSON.stringify(results, null, 2)}\n`);
}
