import { readFile, writeFile } from "node:fs/promises";
import { availableParallelism, release, totalmem } from "node:os";
import { fileURLToPath } from "node:url";
import { defineSettings } from "@swarmlab/settings/definition";
import { loadProcessSettings } from "@swarmlab/settings/load";
import { bitRate, byteSize, durationMs } from "@swarmlab/settings/units";
import { z } from "zod";
import { Scope } from "../process/scope.js";
import {
  containersSettings,
  processesSettings,
  type RunContext,
  runContainers,
  runProcesses,
} from "./commands.js";
import { withPart } from "./document.js";
import { documentedPlan, documentParts } from "./document-parts.js";
import { planSwarm } from "./plan.js";
import { openProgress } from "./progress.js";
import { addResults, type Results, readResults } from "./results.js";
import { costTable, limitTable, planTable, trackerTable } from "./tables.js";
import { runTracker, trackerSettings } from "./tracker.js";

const usage = `usage: npm run scale -- COMMAND [flags]   (--help after the command tells its flags)

  processes   what a peer costs as a process of this host
  containers  what a peer costs as a container
  tracker     how far one tracker goes
  plan        what a swarm of so many peers needs, computed from a file of results
  tables      a file of results as Markdown, or into docs/scaling.md`;

const documentedResults = fileURLToPath(new URL("../../docs/measurements/scaling.json", import.meta.url));
const from = z.string().prefault(documentedResults).describe("file of results").meta({ placeholder: "FILE" });

const planSettings = defineSettings({
  name: "scale plan",
  summary:
    "What a swarm needs, computed from what was measured: hosts, memory, processors, network, watching, tracker.",
  version: "1",
  environmentPrefix: "SWARMLAB_SCALE_",
  schema: z.object({
    peers: z.coerce.number().int().min(2).prefault(documentedPlan.peers).describe("how many peers"),
    as: z.enum(["containers", "processes"]).prefault(documentedPlan.kind).describe("what every peer is"),
    hostProcessors: z.coerce
      .number()
      .positive()
      .prefault(documentedPlan.hostProcessors)
      .describe("of every host"),
    hostMemory: byteSize().prefault("64GiB").describe("of every host"),
    rate: bitRate().pipe(z.number()).prefault("2mbit").describe("payload that every peer gets at work"),
    scrapeInterval: durationMs().prefault("15s").describe("how often Prometheus asks every peer"),
    announceInterval: durationMs().prefault("30m").describe("how often every peer asks the tracker"),
    from,
  }),
});

const tablesSettings = defineSettings({
  name: "scale tables",
  summary: "A file of results as tables in Markdown.",
  version: "1",
  environmentPrefix: "SWARMLAB_SCALE_",
  schema: z.object({
    from,
    into: z.string().optional().describe("document whose parts they replace, such as docs/scaling.md"),
  }),
});

const scope = new Scope();
const progress = openProgress(process.stderr);
for (const [signal, code] of [
  ["SIGINT", 130],
  ["SIGTERM", 143],
  ["SIGHUP", 129],
] as const) {
  process.once(signal, () => {
    progress.say("stopping; everything that was started is removed");
    void scope.close().finally(() => process.exit(code));
  });
}

const [command, ...argv] = process.argv.slice(2);
try {
  await run(command, argv);
} catch (error) {
  progress.end();
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  await scope.close();
}

async function run(command: string | undefined, argv: readonly string[]): Promise<void> {
  switch (command) {
    case "processes": {
      const settings = loadProcessSettings(processesSettings, argv);
      if (settings) await runProcesses(settings, contextFor(settings.json));
      break;
    }
    case "containers": {
      const settings = loadProcessSettings(containersSettings, argv);
      if (settings) await runContainers(settings, contextFor(settings.json));
      break;
    }
    case "tracker": {
      const settings = loadProcessSettings(trackerSettings, argv);
      if (settings) await finish(await runTracker(settings, progress, scope), settings.json);
      break;
    }
    case "plan": {
      const settings = loadProcessSettings(planSettings, argv);
      if (settings === undefined) break;
      const plan = planSwarm(await readResults(settings.from), {
        peers: settings.peers,
        kind: settings.as,
        hostProcessors: settings.hostProcessors,
        hostMemoryBytes: settings.hostMemory,
        rateBitsPerSecond: settings.rate,
        scrapeIntervalSeconds: settings.scrapeInterval / 1000,
        announceIntervalSeconds: settings.announceInterval / 1000,
      });
      console.log(planTable(plan));
      break;
    }
    case "tables": {
      const settings = loadProcessSettings(tablesSettings, argv);
      if (settings) await writeTables(settings.from, settings.into);
      break;
    }
    case "--help":
      console.log(usage);
      break;
    default:
      console.error(usage);
      process.exitCode = 2;
  }
}

function contextFor(file: string | undefined): RunContext {
  return { progress, scope, onResult: (run) => finish([run], file) };
}

async function finish(runs: Results["runs"], file: string | undefined): Promise<void> {
  const host = {
    processors: availableParallelism(),
    memoryBytes: totalmem(),
    kernel: /^\d+\.\d+/.exec(release())?.[0] ?? release(),
    node: process.versions.node,
  };
  const results = { host, runs };
  const tables = runs.some(({ kind }) => kind === "tracker")
    ? [trackerTable(results)]
    : [costTable(results), limitTable(results)];
  console.log(`\n${tables.join("\n\n")}`);
  if (file !== undefined) await addResults(file, host, runs);
}

async function writeTables(file: string, document: string | undefined): Promise<void> {
  const parts = Object.entries(documentParts(await readResults(file)));
  if (document === undefined) {
    console.log(parts.map(([, text]) => text).join("\n\n"));
    return;
  }
  const before = await readFile(document, "utf8");
  const after = parts.reduce((text, [name, part]) => withPart(text, name, part), before);
  await writeFile(document, after);
}
