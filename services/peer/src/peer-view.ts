import type { Session } from "@swarmlab/engine/session/session";
import type { Link } from "@swarmlab/scenario/link";
import type { LinkBackend } from "./output/peer-event.js";

/** What the HTTP API and the metrics show of a peer. */
export interface PeerView {
  readonly role: "seeder" | "leecher";
  readonly session: Session;
  /** As it was declared. */
  readonly link: Link;
  readonly backend: LinkBackend;
  readonly startedAt: Date;
  /** When everything was there; undefined before. */
  completedAt(): Date | undefined;
}
