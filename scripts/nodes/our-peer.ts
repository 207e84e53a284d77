import { join } from "node:path";
import { readTorrent, type Torrent } from "../content/torrent.js";
import type { Child } from "../process/child.js";
import { commandOn, freePort, type Host } from "../process/host.js";
import { eventNamed, textField } from "../process/json-lines.js";
import type { Scope } from "../process/scope.js";
import type { BitTorrentClient, ClientNode } from "./client.js";
import { serviceProgram } from "./services.js";

const startMs = 60_000;

export interface OurPeerOptions {
  readonly scope: Scope;
  readonly host: Host;
  /** Flags besides `--role`, `--listen` and `--json`, for example `--dir=PATH`. */
  readonly flags: readonly string[];
}

/** Starts a peer of this repository. */
export async function startOurPeer(role: "seeder" | "leecher", options: OurPeerOptions): Promise<ClientNode> {
  const port = await freePort();
  const endpoint = `${options.host.address}:${port}`;
  const child = await options.scope.start({
    name: `${role} ${endpoint}`,
    command: commandOn(
      options.host,
      process.execPath,
      serviceProgram("peer"),
      `--role=${role}`,
      `--listen=${endpoint}`,
      "--json",
      ...options.flags,
    ),
  });
  return {
    child,
    endpoint: { host: options.host.address, port },
    ready: async (timeoutMs) => {
      await child.waitForLine("it was ready", timeoutMs, eventNamed("ready"));
    },
    complete: async (timeoutMs) => {
      await child.waitForLine("its download was complete", timeoutMs, eventNamed("complete"));
    },
    stop: async () => {
      await child.stop();
    },
  };
}

export interface PublishOptions {
  readonly scope: Scope;
  readonly host: Host;
  readonly announceUrl: string;
  /** The file or folder to share. */
  readonly contentPath: string;
  /** The .torrent file to write. */
  readonly torrentFile: string;
  readonly pieceLengthBytes: number;
  /** More flags of the seeder. */
  readonly flags?: readonly string[];
}

/** Makes a torrent of content, puts it into the tracker's catalogue and seeds it. */
export async function publish(options: PublishOptions): Promise<{ node: ClientNode; torrent: Torrent }> {
  const node = await startOurPeer("seeder", {
    scope: options.scope,
    host: options.host,
    flags: [
      `--file=${options.contentPath}`,
      `--piece-length=${options.pieceLengthBytes}`,
      `--torrent-out=${options.torrentFile}`,
      `--tracker=${trackerBaseUrl(options.announceUrl)}`,
      ...(options.flags ?? []),
    ],
  });
  await torrentHash(node.child);
  await node.ready(startMs);
  return { node, torrent: await readTorrent(options.torrentFile) };
}

/** The info hash of the torrent that a peer of ours works on, as soon as it knows. */
async function torrentHash(peer: Child): Promise<string> {
  return textField(await peer.waitForLine("it knew its torrent", startMs, eventNamed("torrent")), "infoHash");
}

function trackerBaseUrl(announceUrl: string): string {
  return announceUrl.replace(/\/announce$/, "");
}

/** The peer of this repository, used like any other client. Its tracker has to be one with a catalogue: our own. */
export const ours: BitTorrentClient = {
  name: "ours",
  missing: () => undefined,
  async seed(options) {
    const expected = await readTorrent(options.torrentFile);
    const { node, torrent } = await publish({
      scope: options.scope,
      host: options.host,
      announceUrl: options.announceUrl,
      contentPath: join(options.directory, expected.name),
      torrentFile: join(options.stateDirectory, "published.torrent"),
      pieceLengthBytes: expected.pieceLengthBytes,
    });
    if (torrent.infoHash !== expected.infoHash) {
      throw new Error(`our seeder made torrent ${torrent.infoHash} instead of ${expected.infoHash}`);
    }
    return node;
  },
  leech: (options) =>
    startOurPeer("leecher", {
      scope: options.scope,
      host: options.host,
      flags: [
        `--torrent=${options.torrent}`,
        `--dir=${options.directory}`,
        `--tracker=${trackerBaseUrl(options.announceUrl)}`,
      ],
    }),
};
