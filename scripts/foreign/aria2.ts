import type { BitTorrentClient, ClientNode, LeechOptions, SeedOptions } from "../nodes/client.js";
import { findProgram } from "../process/find-program.js";
import { commandOn, freePort } from "../process/host.js";

/** aria2 runs the hook with "GID FILES PATH" behind it; `echo` makes that a line on aria2's own output. */
const completionHook = "/bin/echo";
const completionLine = /^[0-9a-f]{16} \d+ /;
const listeningLine = /BitTorrent: listening on TCP port/;

async function run(
  options: SeedOptions | LeechOptions,
  torrent: string,
  startsComplete: boolean,
): Promise<ClientNode> {
  const port = await freePort();
  const child = await options.scope.start({
    name: `aria2 ${options.host.address}:${port}`,
    command: commandOn(
      options.host,
      "aria2c",
      "--no-conf",
      "--console-log-level=notice",
      "--show-console-readout=false",
      "--summary-interval=0",
      "--enable-color=false",
      "--enable-dht=false",
      "--enable-dht6=false",
      "--bt-enable-lpd=false",
      "--disable-ipv6",
      `--interface=${options.host.address}`,
      `--listen-port=${port}`,
      "--seed-ratio=0.0",
      "--file-allocation=none",
      // The torrent's own trackers are replaced.
      "--bt-exclude-tracker=*",
      `--bt-tracker=${options.announceUrl}`,
      "--bt-tracker-interval=2",
      `--on-bt-download-complete=${completionHook}`,
      `--stop-with-process=${process.pid}`,
      `--dir=${options.directory}`,
      `--check-integrity=${startsComplete}`,
      torrent,
    ),
    cwd: options.stateDirectory,
  });
  const complete = async (timeoutMs: number): Promise<void> => {
    await child.waitForLine(
      "its download was complete",
      timeoutMs,
      (line) => completionLine.test(line) || undefined,
    );
  };
  const listening = async (timeoutMs: number): Promise<void> => {
    await child.waitForLine("it listened", timeoutMs, (line) => listeningLine.test(line) || undefined);
  };
  return {
    child,
    endpoint: { host: options.host.address, port },
    ready: async (timeoutMs) => {
      await listening(timeoutMs);
      if (startsComplete) await complete(timeoutMs);
    },
    complete,
    stop: async () => {
      await child.stop();
    },
  };
}

/** aria2 (`aria2c`). It meets peers only through a tracker: there is no option that names one. */
export const aria2: BitTorrentClient = {
  name: "aria2",
  missing: () => (findProgram("aria2c") ? undefined : "aria2"),
  seed: (options) => run(options, options.torrentFile, true),
  leech: (options) => run(options, options.torrent, false),
};
