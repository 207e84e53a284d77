import type { Session } from "@swarmlab/engine/session/session";
import type { PlacedLink } from "./node-link.js";

/** What the HTTP API and the metrics show of a peer. */
export interface PeerView {
  readonly role: "seeder" | "leecher";
  readonly nodeName: string;
  readonly session: Session;
  readonly startedAt: Date;
  /** As it is now. */
  link(): PlacedLink;
  /** When it began to take part in the swarm; undefined before. */
  joinedAt(): Date | undefined;
  /** When everything was there; undefined before. */
  completedAt(): Date | undefined;
}
