import { join } from "node:path";
import type { ProgressView } from "../progress/progress-view.js";
import type { PeerMeasurement, SwarmMeasurement } from "./measurement.js";
import type { PeerEvent } from "./node-events.js";
import type { PlannedPeer, RunPlan } from "./run-plan.js";
import type { PeerNode, Swarm } from "./swarm.js";

export interface SwarmRunOptions {
  readonly plan: RunPlan;
  /** The file or folder to share. */
  readonly contentPath: string;
  /** An existing folder for all that the nodes write. */
  readonly folder: string;
  readonly trackerIntervalMs: number;
  readonly view: ProgressView;
}

/** A leecher's copy. */
export interface Copy {
  readonly name: string;
  /** The file or folder. */
  readonly path: string;
}

export interface SwarmRun {
  readonly measurement: SwarmMeasurement;
  readonly copies: readonly Copy[];
}

interface StartedPeer {
  readonly planned: PlannedPeer;
  readonly node: PeerNode;
  readonly heard: { readonly atMs: number; readonly verifiedBytes: number; readonly uploadedBytes: number }[];
}

/**
 * Lets a swarm distribute the content until everyone has everything, and stops it: the tracker first, then the seeder,
 * and when that has put its torrent into the catalogue, all leechers at once. The clock starts when the first leecher is
 * ready: what a process needs to start does not count, but what one leecher is later than another does.
 * Rejects with the reason of the swarm's signal.
 */
export async function runSwarm(swarm: Swarm, options: SwarmRunOptions): Promise<SwarmRun> {
  const { plan, view, folder, contentPath } = options;
  const { signal } = swarm;

  view.say("starting the tracker");
  const tracker = swarm.startTracker("tracker", [
    "--listen=127.0.0.1:0",
    `--data=${join(folder, "tracker")}`,
    `--interval=${options.trackerIntervalMs}ms`,
    "--json",
  ]);
  const trackerUrl = (await tracker.heard("ready", signal)).event.http;

  view.say("starting the seeder, which makes the torrent");
  const start = (planned: PlannedPeer, ...flags: readonly string[]): StartedPeer => {
    const heard: StartedPeer["heard"] = [];
    const node = swarm.startPeer(
      planned.name,
      [
        `--role=${planned.role}`,
        `--tracker=${trackerUrl}`,
        "--listen=127.0.0.1:0",
        "--control=127.0.0.1:0",
        `--link=${planned.link.text}`,
        `--seed=${planned.seed}`,
        "--json",
        ...flags,
      ],
      (event) => {
        show(view, planned.name, event);
        if (event.event !== "progress") return;
        const { verifiedBytes, uploadedBytes } = event;
        heard.push({ atMs: performance.now(), verifiedBytes, uploadedBytes });
      },
    );
    return { planned, node, heard };
  };
  const seeder = start(plan.seeder, `--file=${contentPath}`);
  const torrent = (await seeder.node.heard("torrent", signal)).event;
  await seeder.node.heard("ready", signal);

  view.say(`starting ${plan.leechers.length} leechers`);
  view.begin([plan.seeder, ...plan.leechers], torrent.totalBytes);
  const leechers = plan.leechers.map((planned) =>
    start(planned, `--torrent=${torrent.infoHash}`, `--dir=${join(folder, planned.name)}`),
  );
  const readyMs = await Promise.all(
    leechers.map(async ({ node }) => (await node.heard("ready", signal)).atMs),
  );
  const startMs = Math.min(...readyMs);
  const results = await Promise.all(
    leechers.map(async ({ planned, node }) => {
      const { event, atMs } = await node.heard("complete", signal);
      const completeSeconds = (atMs - startMs) / 1000;
      view.complete(planned.name, completeSeconds);
      return { name: planned.name, path: event.path, completeSeconds };
    }),
  );
  view.end();
  await swarm.stop();

  const secondsOf = new Map(results.map(({ name, completeSeconds }) => [name, completeSeconds]));
  return {
    measurement: {
      name: torrent.name,
      infoHash: torrent.infoHash,
      totalBytes: torrent.totalBytes,
      pieceCount: torrent.pieceCount,
      readySpreadSeconds: (Math.max(...readyMs) - startMs) / 1000,
      peers: [seeder, ...leechers].map((peer) => measure(peer, startMs, secondsOf.get(peer.planned.name))),
    },
    copies: results.map(({ name, path }) => ({ name, path })),
  };
}

function measure(
  { planned, node, heard }: StartedPeer,
  startMs: number,
  completeSeconds: number | undefined,
): PeerMeasurement {
  // A peer that had to be killed has not said its final figures.
  const transfer = (node.latest("stopped") ?? node.latest("progress"))?.event;
  return {
    name: planned.name,
    role: planned.role,
    linkText: planned.link.text,
    link: planned.link.link,
    backend: node.latest("ready")?.event.backend ?? "none",
    ...(completeSeconds !== undefined && { completeSeconds }),
    downloadedBytes: transfer?.downloadedBytes ?? 0,
    uploadedBytes: transfer?.uploadedBytes ?? 0,
    samples: heard.map(({ atMs, ...sample }) => ({ seconds: (atMs - startMs) / 1000, ...sample })),
  };
}

function show(view: ProgressView, name: string, event: PeerEvent): void {
  if (event.event === "progress") view.update(name, event);
  else if (event.event === "banned") view.say(`${name} banned a peer that sent bad data`);
  else if (event.event === "disk-trouble") view.say(`${name} cannot write to its disk and waits`);
}
