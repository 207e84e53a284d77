import type { SwarmKind } from "../results.js";
import type { MeasuredPeer } from "./measured-peer.js";

/** What a swarm is to be. */
export interface SwarmShape {
  /** Seeder included. */
  readonly peers: number;
  readonly sizeBytes: number;
  /** Every peer's access line, in the notation of `--link`. */
  readonly link: string;
}

export interface ServiceFigures {
  readonly cpuSeconds: number;
  readonly memoryBytes: number;
}

/** A swarm that is started step by step, so that each step can be measured. Its scope ends it. */
export interface MeasuredSwarm {
  readonly kind: SwarmKind;
  /** How many leechers start at a time; null when that is not ours to say. */
  readonly atATime: number | null;
  /** Before this moment, in Unix time, leechers could not begin although the seeder was there. */
  readonly leechersFreeMs: number;
  /** Origin of the tracker, once it is there. */
  readonly trackerUrl: string;
  /** What the swarm needs besides its peers. */
  startServices(): Promise<void>;
  /** Starts leechers until there are so many, and waits until all are ready: those that were not there before. */
  startLeechers(total: number): Promise<MeasuredPeer[]>;
  /** Starts the seeder, which publishes the torrent that the leechers wait for. */
  startSeeder(): Promise<MeasuredPeer>;
  cpuSeconds(peer: MeasuredPeer): Promise<number>;
  /** Memory of the container that a peer is in; undefined when it is in none. */
  containerBytes(peer: MeasuredPeer): Promise<number | undefined>;
  services(): Promise<Record<string, ServiceFigures>>;
}
