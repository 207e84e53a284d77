import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { BitTorrentClient, ClientNode, LeechOptions, SeedOptions } from "../nodes/client.js";
import { commandOn, freePort } from "../process/host.js";
import { eventNamed } from "../process/json-lines.js";

/** Debian's own Python, to which its package python3-libtorrent belongs. */
const python = "/usr/bin/python3";
const script = fileURLToPath(new URL("libtorrent-client.py", import.meta.url));

async function run(
  options: SeedOptions | LeechOptions,
  torrent: string,
  startsComplete: boolean,
): Promise<ClientNode> {
  const port = await freePort();
  const endpoint = `${options.host.address}:${port}`;
  const child = await options.scope.start({
    name: `libtorrent ${endpoint}`,
    command: commandOn(
      options.host,
      python,
      script,
      `--torrent=${torrent}`,
      `--dir=${options.directory}`,
      `--listen=${endpoint}`,
      `--tracker=${options.announceUrl}`,
    ),
    cwd: options.stateDirectory,
  });
  const complete = async (timeoutMs: number): Promise<void> => {
    await child.waitForLine("its download was complete", timeoutMs, eventNamed("complete"));
  };
  return {
    child,
    endpoint: { host: options.host.address, port },
    ready: async (timeoutMs) => {
      await child.waitForLine("it was ready", timeoutMs, eventNamed("ready"));
      if (startsComplete) await complete(timeoutMs);
    },
    complete,
    stop: async () => {
      await child.stop();
    },
  };
}

/** libtorrent (Rasterbar), with the defaults of its library; the engine of qBittorrent and Deluge. Reads magnet links. */
export const libtorrent: BitTorrentClient = {
  name: "libtorrent",
  missing: () =>
    spawnSync(python, ["-c", "import libtorrent"]).status === 0 ? undefined : "python3-libtorrent",
  seed: (options) => run(options, options.torrentFile, true),
  leech: (options) => run(options, options.torrent, false),
};
