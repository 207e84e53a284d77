import type { Link } from "@swarmlab/scenario/link";
import type { NodeContainer } from "../docker/node-container.js";
import type { Direction } from "./flood-plan.js";

/** What one round trip sends in each direction, in frames. */
export interface RoundTripCost {
  readonly bytes: number;
  readonly packets: number;
}

/** How links are measured from the agent's own place on the swarm's network. Both reject with a MeasurementError. */
export interface LinkProbes {
  readonly roundTripCost: RoundTripCost;
  /** Round trips in milliseconds; at least one. */
  roundTrips(container: NodeContainer, link: Link, signal: AbortSignal): Promise<number[]>;
  /** In frames, in bit/s. */
  rate(container: NodeContainer, link: Link, direction: Direction, signal: AbortSignal): Promise<number>;
}
