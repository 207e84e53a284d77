import { availableParallelism } from "node:os";
import { defineSettings, type SettingsOf } from "@swarmlab/settings/definition";
import { z } from "zod";
import type { TrackerServer } from "../nodes/tracker.js";
import { type Host, loopback } from "../process/host.js";
import { Scope } from "../process/scope.js";
import { AnnounceLoad, type LoadResults } from "./announce-load.js";
import { median } from "./statistics.js";
import { formatTable } from "./table.js";
import { type ServerName, serverNames, startFilled } from "./tracker-servers.js";

const count = () => z.coerce.number().int().positive();

export const trackerSettings = defineSettings({
  name: "bench tracker",
  summary: "Announces a second, over UDP and HTTP; the tracker on one core, the generator on another.",
  version: "1",
  environmentPrefix: "SWARMLAB_BENCH_",
  schema: z.object({
    torrents: count().prefault(100_000).describe("swarms that the tracker knows"),
    peers: count().max(60_000).prefault(55).describe("peers in every swarm"),
    wanted: count().max(200).prefault(50).describe("peers that an answer has to carry"),
    window: count().prefault(128).describe("UDP announces under way at a time"),
    connections: count().prefault(64).describe("HTTP connections, each with one announce under way"),
    seconds: z.coerce
      .number()
      .positive()
      .prefault(5)
      .describe("measuring time of a round, after 1 s of warm-up"),
    rounds: count().prefault(3).describe("rounds for each server and protocol"),
    servers: z
      .string()
      .transform((text) => text.split(","))
      .pipe(z.array(z.enum(serverNames)))
      .prefault(serverNames.join(","))
      .describe("who is measured"),
    jsonOut: z.string().optional().describe("file for the results as JSON"),
  }),
});

const protocols = ["udp", "http"] as const;
type Protocol = (typeof protocols)[number];

interface TrackerRun extends LoadResults {
  readonly server: ServerName;
  readonly protocol: Protocol;
  readonly round: number;
  /** Of the server, so far. */
  readonly peakRssBytes: number;
}

type Settings = SettingsOf<typeof trackerSettings>;

export async function runTracker(settings: Settings, scope: Scope): Promise<TrackerRun[]> {
  const [serverHost, generatorHost] = twoCores();
  const load = AnnounceLoad.build(scope, generatorHost, settings);
  const runs: TrackerRun[] = [];
  for (const server of settings.servers) {
    const serverScope = new Scope();
    try {
      console.log(`${server}: filling ${settings.torrents} swarms with ${settings.peers} peers each`);
      const tracker = await startFilled(server, {
        scope: serverScope,
        host: serverHost,
        load,
        shape: settings,
      });
      runs.push(...(await measure(server, tracker, load, settings)));
    } finally {
      await serverScope.close();
    }
  }
  console.log(`\n${summarize(runs)}`);
  const invalid = runs.find((run) => run.valid === 0 || run.wrong + run.refused > 0);
  if (invalid)
    throw new Error(`${invalid.server} gave wrong answers over ${invalid.protocol}: no figures to rely on`);
  return runs;
}

async function measure(
  server: ServerName,
  tracker: TrackerServer,
  load: AnnounceLoad,
  settings: Settings,
): Promise<TrackerRun[]> {
  const runs: TrackerRun[] = [];
  for (const protocol of protocols) {
    const port = protocol === "udp" ? tracker.udpPort : Number(new URL(tracker.baseUrl).port);
    const window = protocol === "udp" ? settings.window : settings.connections;
    for (let round = 1; round <= settings.rounds; round++) {
      const results = await load.measure(protocol, port, window, settings.seconds);
      const { validPerSecond, wrong, refused, lost, medianMs, p99Ms } = results;
      console.log(
        `${server} ${protocol} round ${round}: ${validPerSecond.toFixed(0)} answers/s, ` +
          `median ${medianMs} ms, 99 % ${p99Ms} ms; ${wrong} wrong, ${refused} refused, ${lost} lost`,
      );
      runs.push({ server, protocol, round, peakRssBytes: tracker.child.peakRssBytes(), ...results });
    }
  }
  return runs;
}

function twoCores(): [Host, Host] {
  if (availableParallelism() < 2) {
    console.error("warning: one core only, so the tracker and the generator compete for it");
    return [loopback, loopback];
  }
  const core = (number: number): Host => ({ ...loopback, commandPrefix: ["taskset", "-c", `${number}`] });
  return [core(0), core(1)];
}

function summarize(runs: readonly TrackerRun[]): string {
  const servers = [...new Set(runs.map((run) => run.server))];
  const of = (server: ServerName, protocol: Protocol, figure: (run: TrackerRun) => number): number =>
    median(runs.filter((run) => run.server === server && run.protocol === protocol).map(figure));
  const rate = (server: ServerName, protocol: Protocol): number =>
    of(server, protocol, (run) => run.validPerSecond);
  const columns = ["answers/s (medians)", ...protocols, "UDP generator core", "HTTP connections kept", "MiB"];
  const rows = servers.map((server) => [
    server,
    ...protocols.map((protocol) => rate(server, protocol).toFixed(0)),
    `${(100 * of(server, "udp", (run) => run.generatorCpuShare)).toFixed(0)} %`,
    of(server, "http", (run) => run.reconnects / run.valid) < 0.01 ? "yes" : "no",
    (
      Math.max(...runs.filter((run) => run.server === server).map((run) => run.peakRssBytes)) /
      2 ** 20
    ).toFixed(0),
  ]);
  const [first, ...others] = servers;
  const ratios = others.map((other) => {
    const ratio = (protocol: Protocol): string =>
      (rate(first ?? other, protocol) / rate(other, protocol)).toFixed(2);
    return `${first} / ${other}: ${ratio("udp")} over UDP, ${ratio("http")} over HTTP`;
  });
  return [formatTable(columns, rows), ...ratios].join("\n");
}
