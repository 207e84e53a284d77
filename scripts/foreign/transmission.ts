import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import type { BitTorrentClient, ClientNode, LeechOptions, SeedOptions } from "../nodes/client.js";
import { ChildError } from "../process/child.js";
import { findProgram } from "../process/find-program.js";
import { commandOn, freePort } from "../process/host.js";
import { isRecord, type JsonRecord, numberField } from "../process/json-lines.js";
import { TransmissionRpc } from "./transmission-rpc.js";

const pollMs = 100;
/** From Transmission's RPC specification, field `status`. */
const seeding = 6;

/** The daemon with one torrent. */
class TransmissionNode implements ClientNode {
  constructor(
    readonly child: ClientNode["child"],
    readonly endpoint: ClientNode["endpoint"],
    private readonly rpc: TransmissionRpc,
    private readonly startsComplete: boolean,
  ) {}

  async ready(timeoutMs: number): Promise<void> {
    if (this.startsComplete) await this.complete(timeoutMs);
  }

  complete(timeoutMs: number): Promise<void> {
    return this.#until("its torrent was complete", timeoutMs, async () => {
      const torrent = await this.#torrent();
      if (torrent.errorString !== "" && numberField(torrent, "error") === 3) {
        throw new Error(`${this.child.name}: ${String(torrent.errorString)}`);
      }
      return numberField(torrent, "leftUntilDone") === 0 && numberField(torrent, "status") === seeding;
    });
  }

  /** Waits for the daemon's RPC, then hands it the torrent. */
  async add(torrent: string, directory: string, announceUrl: string, timeoutMs: number): Promise<void> {
    await this.#until("its RPC answered", timeoutMs, async () => {
      try {
        await this.rpc.call("session-get", {});
        return true;
      } catch (error) {
        if (error instanceof TypeError) return false; // `fetch failed`: not listening yet
        throw error;
      }
    });
    await this.rpc.call("torrent-add", {
      "download-dir": directory,
      metainfo: (await readFile(torrent)).toString("base64"),
    });
    const before = await this.#torrent();
    const trackers = Array.isArray(before.trackers) ? before.trackers.filter(isRecord) : [];
    if (trackers.some((tracker) => tracker.announce === announceUrl)) return;
    await this.rpc.call("torrent-set", { trackerAdd: [announceUrl] });
    if (trackers.length > 0) {
      await this.rpc.call("torrent-set", { trackerRemove: trackers.map((tracker) => tracker.id) });
    }
  }

  async stop(): Promise<void> {
    await this.child.stop();
  }

  async #torrent(): Promise<JsonRecord> {
    const fields = ["leftUntilDone", "status", "error", "errorString", "trackers"];
    const { torrents } = await this.rpc.call("torrent-get", { fields });
    const torrent: unknown = Array.isArray(torrents) ? torrents[0] : undefined;
    if (!isRecord(torrent)) throw new Error(`${this.child.name} has no torrent`);
    return torrent;
  }

  async #until(what: string, timeoutMs: number, test: () => Promise<boolean>): Promise<void> {
    const deadline = performance.now() + timeoutMs;
    while (!(await test())) {
      if (!this.child.running) {
        throw new ChildError("EXITED", `${this.child.name} ended before ${what}\n${this.child.lastWords}`);
      }
      if (performance.now() > deadline) {
        const state = JSON.stringify(await this.#torrent().catch(String));
        throw new ChildError(
          "TIMEOUT",
          `${this.child.name}: ${timeoutMs / 1000} s passed before ${what}: ${state}`,
        );
      }
      await sleep(pollMs);
    }
  }
}

async function run(
  options: SeedOptions | LeechOptions,
  torrent: string,
  startsComplete: boolean,
): Promise<ClientNode> {
  const port = await freePort();
  const rpcPort = await freePort();
  const child = await options.scope.start({
    name: `transmission ${options.host.address}:${port}`,
    command: commandOn(
      options.host,
      "transmission-daemon",
      "--foreground",
      "--log-info",
      `--config-dir=${options.stateDirectory}`,
      `--download-dir=${options.directory}`,
      `--peerport=${port}`,
      `--bind-address-ipv4=${options.host.address}`,
      `--rpc-bind-address=${options.host.address}`,
      `--port=${rpcPort}`,
      // Who may use the RPC; in a namespace of its own nobody else is there.
      "--allowed=*.*.*.*",
      "--no-auth",
      "--no-dht",
      "--no-lpd",
      "--no-utp",
      "--no-portmap",
      "--no-global-seedratio",
    ),
    env: { HOME: options.stateDirectory },
  });
  const endpoint = { host: options.host.address, port };
  const node = new TransmissionNode(
    child,
    endpoint,
    new TransmissionRpc(options.host.address, rpcPort),
    startsComplete,
  );
  await node.add(torrent, options.directory, options.announceUrl, 10_000);
  return node;
}

/**
 * Transmission (`transmission-daemon`), steered through its RPC. It meets peers only through a tracker, ignores peers
 * on loopback addresses, takes peers of one address for one peer, and does not create empty files.
 */
export const transmission: BitTorrentClient = {
  name: "transmission",
  missing: () => (findProgram("transmission-daemon") ? undefined : "transmission-daemon"),
  seed: (options) => run(options, options.torrentFile, true),
  leech: (options) => run(options, options.torrent, false),
};
