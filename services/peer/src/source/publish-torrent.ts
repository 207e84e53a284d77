import type { Logger } from "@swarmlab/telemetry/logger";
import { BackOff } from "../back-off.js";
import type { Catalogue } from "./catalogue.js";
import { CatalogueError } from "./catalogue-error.js";

/**
 * Puts a torrent into all catalogues, however long a tracker takes to come up. A tracker without a catalogue is only
 * remarked upon. Rejects with a CatalogueError when one refuses the torrent, or with the signal's reason.
 */
export async function publishTorrent(
  torrentFile: Uint8Array,
  catalogues: readonly Catalogue[],
  options: { readonly logger: Logger; readonly signal: AbortSignal },
): Promise<void> {
  await Promise.all(catalogues.map((catalogue) => publishTo(catalogue, torrentFile, options)));
}

async function publishTo(
  catalogue: Catalogue,
  torrentFile: Uint8Array,
  { logger, signal }: { readonly logger: Logger; readonly signal: AbortSignal },
): Promise<void> {
  const backOff = new BackOff();
  for (let attempt = 1; ; attempt++) {
    try {
      await catalogue.add(torrentFile, signal);
      logger.info({ tracker: catalogue.origin }, "in the catalogue");
      return;
    } catch (error) {
      if (!(error instanceof CatalogueError)) throw error;
      if (error.code === "NO_CATALOGUE") {
        logger.warn({ tracker: catalogue.origin }, "this tracker has no catalogue");
        return;
      }
      if (error.code !== "UNREACHABLE") throw error;
      logger[attempt === 1 ? "info" : "debug"]({ reason: error.message }, "waiting for the catalogue");
      await backOff.wait(signal);
    }
  }
}
