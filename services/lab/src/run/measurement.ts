import type { Link } from "@swarmlab/scenario/link";
import type { LinkBackend } from "./node-events.js";

/** How far a peer was at one time. */
export interface Sample {
  /** From the start of the clock. */
  readonly seconds: number;
  readonly verifiedBytes: number;
  /** Payload. */
  readonly uploadedBytes: number;
}

/** What was measured of one peer. */
export interface PeerMeasurement {
  readonly name: string;
  readonly role: "seeder" | "leecher";
  /** As it was declared. */
  readonly linkText: string;
  readonly link: Link;
  /** What emulated the link. */
  readonly backend: LinkBackend;
  /** From the start of the clock to the last verified piece; undefined for the seeder. */
  readonly completeSeconds?: number;
  /** Payload. */
  readonly downloadedBytes: number;
  /** Payload. */
  readonly uploadedBytes: number;
  /** Its way there, about one sample a second. */
  readonly samples: readonly Sample[];
}

/** What was measured of one swarm in which every leecher got everything. */
export interface SwarmMeasurement {
  readonly name: string;
  /** Hexadecimal. */
  readonly infoHash: string;
  readonly totalBytes: number;
  readonly pieceCount: number;
  /** From the first leecher that was ready, when the clock starts, to the last. */
  readonly readySpreadSeconds: number;
  /** The seeder first. */
  readonly peers: readonly PeerMeasurement[];
}
