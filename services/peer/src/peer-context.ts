import type { Logger } from "@swarmlab/telemetry/logger";
import type { Output } from "./output/output.js";

/** What every part of a peer tells and hears. */
export interface PeerContext {
  readonly output: Output;
  readonly logger: Logger;
  /** Asks the peer to stop. */
  readonly signal: AbortSignal;
}
