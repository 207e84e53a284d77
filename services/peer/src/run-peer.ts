import { createLogger } from "@swarmlab/telemetry/logger";
import { exitCodes, shutdownOnSignals } from "@swarmlab/telemetry/shutdown";
import { openOutput } from "./output/output.js";
import { Peer } from "./peer.js";
import { reportError } from "./report-error.js";
import { type PeerSettings, peerSettings } from "./settings.js";

/** A peer that was asked to stop is gone after so long, whatever still hangs. */
const MAX_STOPPING_MS = 1_900;

/** Runs a peer in this process until it ends or is asked to. Returns the exit code. */
export async function runPeer(settings: PeerSettings): Promise<number> {
  const shutdown = shutdownOnSignals();
  const outputLost = new AbortController();
  // Whoever started us and read our output is gone.
  process.stdout.on("error", () => outputLost.abort("standard output is closed"));
  const signal = AbortSignal.any([shutdown.signal, outputLost.signal]);
  const output = await openOutput(settings.json, process.stdout, process.stderr);
  const logger = createLogger({
    name: peerSettings.name,
    level: settings.logLevel,
    write: (line) => output.log(line),
  });
  signal.addEventListener("abort", () => {
    logger.info({ reason: String(signal.reason) }, "stopping");
    setTimeout(() => {
      logger.error("stopping takes too long");
      process.exit(exitCodes.failure);
    }, MAX_STOPPING_MS);
  });
  let peer: Peer | undefined;
  let exitCode: number;
  try {
    peer = await Peer.open(settings, { output, logger, signal });
    exitCode = await peer.run();
  } catch (error) {
    reportError(error, logger, output);
    exitCode = exitCodes.failure;
  }
  await peer?.close();
  output.close();
  return exitCode;
}
