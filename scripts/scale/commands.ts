import { parseLink } from "@swarmlab/scenario/link";
import { defineSettings, type SettingsOf } from "@swarmlab/settings/definition";
import { byteSize, durationMs } from "@swarmlab/settings/units";
import { z } from "zod";
import { Scope } from "../process/scope.js";
import { measureSwarm } from "./measure-swarm.js";
import type { Progress } from "./progress.js";
import type { SwarmRun } from "./results.js";
import { ContainerSwarm } from "./swarm/container-swarm.js";
import type { MeasuredSwarm, SwarmShape } from "./swarm/measured-swarm.js";
import { ProcessSwarm } from "./swarm/process-swarm.js";

const swarmFields = {
  peers: peerCounts()
    .prefault("10,30")
    .describe("how many peers, the seeder included; a swarm for each number"),
  size: byteSize().prefault("4MiB").describe("size of the content"),
  link: z
    .string()
    .refine((link) => parseLink(link) !== undefined)
    .prefault("up=2mbit,down=16mbit,delay=10ms")
    .describe("every peer's access line; slow, so that the swarm is not limited by this host's processors"),
  timeout: durationMs().prefault("10m").describe("how long the content may be on its way"),
  idle: durationMs().prefault("10s").describe("how long the complete swarm is watched"),
  json: z.string().optional().describe("file that gets the results; those of other swarms in it stay"),
};

export const processesSettings = defineSettings({
  name: "scale processes",
  summary:
    "What a peer costs as a process of this host, on loopback, behind the link that it emulates (Linux).",
  version: "1",
  environmentPrefix: "SWARMLAB_SCALE_",
  schema: z.object({
    ...swarmFields,
    atATime: z.coerce.number().int().min(1).max(100).prefault(4).describe("how many peers start at a time"),
    nodeFlags: z
      .string()
      .prefault("--max-semi-space-size=2")
      .transform((text) => text.split(" ").filter((flag) => flag !== ""))
      .describe("flags of Node for every peer; by default those that the lab and the images have"),
  }),
});

export const containersSettings = defineSettings({
  name: "scale containers",
  summary:
    "What a peer costs as a container of compose.yaml on this host's engine; with root, for all that is to be read. " +
    "Takes the images that are there; `docker compose build` makes them anew.",
  version: "1",
  environmentPrefix: "SWARMLAB_SCALE_",
  schema: z.object({
    ...swarmFields,
    project: z.string().prefault("swarmlab-scale").describe("name of the Compose project, which is removed"),
    prometheus: z.boolean().default(true).describe("whether Prometheus watches, as it does for users"),
  }),
});

export interface RunContext {
  readonly progress: Progress;
  readonly scope: Scope;
  /** Called with each result at once: what is removed afterwards may fail. */
  onResult(run: SwarmRun): Promise<void>;
}

/** A swarm for each number of peers, one after the other. */
export function runProcesses(
  settings: SettingsOf<typeof processesSettings>,
  context: RunContext,
): Promise<void> {
  return runEach(settings, context, async (shape, swarmScope) => {
    const folder = await swarmScope.scratchDirectory("scale");
    const { atATime, nodeFlags } = settings;
    return new ProcessSwarm({ scope: swarmScope, shape, folder, atATime, nodeFlags });
  });
}

/** A swarm for each number of peers, one after the other. */
export function runContainers(
  settings: SettingsOf<typeof containersSettings>,
  context: RunContext,
): Promise<void> {
  const { project, prometheus } = settings;
  return runEach(settings, context, (shape, swarmScope) =>
    ContainerSwarm.open({ scope: swarmScope, shape, name: project, isWatched: prometheus }),
  );
}

interface SwarmSettings {
  readonly peers: readonly number[];
  readonly size: number;
  readonly link: string;
  readonly timeout: number;
  readonly idle: number;
}

async function runEach(
  settings: SwarmSettings,
  { progress, scope, onResult }: RunContext,
  open: (shape: SwarmShape, scope: Scope) => Promise<MeasuredSwarm>,
): Promise<void> {
  const { size: sizeBytes, link, timeout: timeoutMs, idle: idleMs } = settings;
  for (const peers of settings.peers) {
    const swarmScope = new Scope();
    let closing: Promise<void> | undefined;
    const close = () => (closing ??= swarmScope.close());
    // Ctrl-C closes the outer scope, which then waits for all of this one.
    scope.add({ close, closeNow: () => {} });
    try {
      const shape = { peers, sizeBytes, link };
      const swarm = await open(shape, swarmScope);
      await onResult(await measureSwarm(swarm, { shape, timeoutMs, idleMs, progress }));
    } finally {
      progress.say("ending the swarm");
      await close();
    }
  }
}

function peerCounts() {
  return z
    .string()
    .transform((text) => text.split(",").map(Number))
    .pipe(z.array(z.number("expected numbers such as 10,30,100").int().min(2).max(5000)))
    .meta({ placeholder: "N,N,…" });
}
