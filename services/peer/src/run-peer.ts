import { createLogger } from "@swarmlab/telemetry/logger";
import { exitCodes } from "@swarmlab/telemetry/shutdown";
import { openOutput } from "./output/output.js";
import { Peer } from "./peer.js";
import { reportError } from "./report-error.js";
import { type PeerSettings, peerSettings } from "./settings.js";

/** A peer that was asked to stop is gone after so long, whatever still hangs. */
const MAX_STOPPING_MS = 1_900;

/** Runs a peer in this process until it ends or `shutdown` asks it to. Returns the exit code. */
export async function runPeer(settings: PeerSettings, shutdown: AbortSignal): Promise<number> {
  const outputLost = new AbortController();
  // Whoever started us and read our output is gone.
  process.stdout.on("error", () => outputLost.abort("standard output is closed"));
  const signal = AbortSignal.any([shutdown, outputLost.signal]);
  const output = await openOutput(settings.json, process.stdout, process.stderr);
  const { logLevel: level, logFormat: format } = settings;
  const logger = createLogger({
    name: peerSettings.name,
    level,
    write: (line) => output.log(line),
    ...(format === undefined ? {} : { format }),
  });
  const onStop = () => {
    logger.info({ reason: String(signal.reason) }, "stopping");
    setTimeout(() => {
      logger.error("stopping takes too long");
      process.exit(exitCodes.failure);
    }, MAX_STOPPING_MS);
  };
  if (signal.aborted) onStop();
  else signal.addEventListener("abort", onStop);
  let peer: Peer | undefined;
  let exitCode: number = exitCodes.success;
  try {
    peer = await Peer.open(settings, { output, logger, signal });
    exitCode = await peer.run();
  } catch (error) {
    // Asked to stop before it was ready: that is no failure.
    if (!signal.aborted) {
      reportError(error, logger, output);
      exitCode = exitCodes.failure;
    }
  }
  await peer?.close();
  output.close();
  return exitCode;
}
