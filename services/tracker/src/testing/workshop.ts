import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodeBencode } from "@swarmlab/bencode/encode";
import { NodeClock } from "@swarmlab/engine/node/node-clock";
import { NodeNetwork } from "@swarmlab/engine/node/node-network";
import { SystemRandom } from "@swarmlab/engine/random/system-random";
import { TrackerClient } from "@swarmlab/engine/tracker-client/tracker-client";
import { loadSettings } from "@swarmlab/settings/load";
import { createLogger } from "@swarmlab/telemetry/logger";
import type { AnnounceRequest } from "@swarmlab/tracker-protocol/announce";
import { trackerSettings } from "../settings.js";
import { startTracker, type Tracker } from "../tracker.js";
import { TrackerProcess } from "./tracker-process.js";

/** What a test opens, closed together at its end. */
export class Workshop {
  readonly #closers: (() => Promise<unknown>)[] = [];

  /** An empty directory. */
  async directory(): Promise<string> {
    const path = await mkdtemp(join(tmpdir(), "swarmlab-tracker-"));
    this.#closers.push(() => rm(path, { recursive: true }));
    return path;
  }

  /** A tracker in this process, on loopback unless it is told otherwise. */
  async tracker(...args: string[]): Promise<Tracker> {
    const argv = [
      "--listen",
      "127.0.0.1:0",
      "--data",
      await this.directory(),
      "--log-level",
      "silent",
      ...args,
    ];
    const loaded = loadSettings(trackerSettings, { argv, env: {}, readFile: () => "{}" });
    if (loaded.kind !== "settings") throw new Error(loaded.text);
    const logger = createLogger({ name: "test", level: loaded.values.logLevel });
    const tracker = await startTracker(loaded.values, logger, new AbortController().signal);
    this.#closers.push(() => tracker.close());
    return tracker;
  }

  /** A tracker in a process of its own. */
  process(...args: string[]): TrackerProcess {
    const started = new TrackerProcess(args);
    this.#closers.push(() => started.kill());
    return started;
  }

  /** What peers use to announce. */
  client(): TrackerClient {
    const client = new TrackerClient({
      network: new NodeNetwork(),
      clock: new NodeClock(),
      random: new SystemRandom(),
      timeoutMs: 5000,
      retransmitBaseMs: 1000,
    });
    this.#closers.push(() => client.close());
    return client;
  }

  async close(): Promise<void> {
    for (const close of this.#closers.splice(0).reverse()) await close();
  }
}

/** A leecher's regular announce from the port, unless it is told otherwise. */
export function announceFrom(port: number, more: Partial<AnnounceRequest> = {}): AnnounceRequest {
  return {
    infoHash: new Uint8Array(20).fill(1),
    peerId: new Uint8Array(20).fill(port & 0xff),
    port,
    uploadedBytes: 0,
    downloadedBytes: 0,
    leftBytes: 1,
    event: undefined,
    numWant: 50,
    ...more,
  };
}

/** A `.torrent` of one file of 5 bytes. */
export function torrentFile(name: string): Uint8Array<ArrayBuffer> {
  const info = { length: 5, name, "piece length": 16384, pieces: new Uint8Array(20) };
  return Uint8Array.from(encodeBencode({ info }));
}
