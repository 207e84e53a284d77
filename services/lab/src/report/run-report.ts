import { formatLink, type Link } from "@swarmlab/scenario/link";
import type { PeerMeasurement, Sample, SwarmMeasurement } from "../run/measurement.js";
import type { LinkBackend } from "../run/node-events.js";
import { compareWithBound, type Theory } from "./theory.js";

/** One leecher's copy of the content, compared with the source byte by byte. */
export interface CopyCheck {
  readonly name: string;
  /** What the first difference is; undefined when there is none. */
  readonly difference?: string;
}

export interface PeerReport {
  readonly name: string;
  readonly role: PeerMeasurement["role"];
  readonly link: { readonly text: string; readonly settings: string };
  readonly backend: LinkBackend;
  readonly completeSeconds?: number;
  readonly downloadedBytes: number;
  readonly uploadedBytes: number;
  /** Of all payload that was uploaded, from 0 to 1. */
  readonly uploadShare: number;
  readonly samples: readonly Sample[];
}

/** The result of one run; what `--json` prints. */
export interface RunReport {
  readonly seed: string;
  readonly content: {
    readonly name: string;
    readonly infoHash: string;
    readonly totalBytes: number;
    readonly pieceCount: number;
  };
  /** When the clock starts and stops. */
  readonly clock: string;
  readonly readySpreadSeconds: number;
  /** Of the leechers, from the start of the clock. */
  readonly completion: {
    readonly firstSeconds: number;
    readonly medianSeconds: number;
    readonly lastSeconds: number;
  };
  readonly peers: readonly PeerReport[];
  readonly theory: Theory;
  readonly copies: readonly CopyCheck[];
  /** Whether every copy equals the source. */
  readonly isVerified: boolean;
  /** What one should know when reading the figures. */
  readonly notes: readonly string[];
  /** Where everything is that the run wrote, when it was kept. */
  readonly keptFolder?: string;
}

export interface RunFacts {
  readonly seed: string;
  readonly swarm: SwarmMeasurement;
  readonly copies: readonly CopyCheck[];
  readonly keptFolder?: string;
}

const CLOCK = "from the first leecher that is ready to the last that has verified everything";

/** Works out a report from what was measured. */
export function createReport({ seed, swarm, copies, keptFolder }: RunFacts): RunReport {
  const times = swarm.peers.flatMap(({ completeSeconds }) => completeSeconds ?? []).sort((a, b) => a - b);
  const completion = {
    firstSeconds: times.at(0) ?? 0,
    medianSeconds: median(times),
    lastSeconds: times.at(-1) ?? 0,
  };
  const uploadedBytes = swarm.peers.reduce((sum, peer) => sum + peer.uploadedBytes, 0);
  const theory = compareWithBound(swarm, completion.lastSeconds);
  return {
    seed,
    content: {
      name: swarm.name,
      infoHash: swarm.infoHash,
      totalBytes: swarm.totalBytes,
      pieceCount: swarm.pieceCount,
    },
    clock: CLOCK,
    readySpreadSeconds: swarm.readySpreadSeconds,
    completion,
    peers: swarm.peers.map((peer) => reportPeer(peer, uploadedBytes)),
    theory,
    copies,
    isVerified: copies.length > 0 && copies.every(({ difference }) => difference === undefined),
    notes: [...linkNotes(swarm.peers), ...efficiencyNotes(theory)],
    ...(keptFolder !== undefined && { keptFolder }),
  };
}

function reportPeer(peer: PeerMeasurement, totalUploadedBytes: number): PeerReport {
  const { linkText, link, ...rest } = peer;
  return {
    ...rest,
    link: { text: linkText, settings: formatLink(link) },
    uploadShare: totalUploadedBytes === 0 ? 0 : peer.uploadedBytes / totalUploadedBytes,
  };
}

function median(sorted: readonly number[]): number {
  const upper = sorted[Math.floor(sorted.length / 2)] ?? 0;
  const lower = sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
  return (lower + upper) / 2;
}

function linkNotes(peers: readonly PeerMeasurement[]): string[] {
  const ofUserspace = peers.filter(({ backend }) => backend === "userspace");
  return ofUserspace.some(({ link }) => hasPacketFaults(link))
    ? ["userspace links carry rate, delay and jitter: loss, corrupt, duplicate and reorder do not reach TCP"]
    : [];
}

function hasPacketFaults(link: Link): boolean {
  return (
    link.loss !== undefined || link.corruptPercent > 0 || link.duplicatePercent > 0 || link.reorderPercent > 0
  );
}

function efficiencyNotes(theory: Theory): string[] {
  return theory.kind === "bound" && theory.efficiency > 1
    ? ["faster than the bound: the links let more through than was declared"]
    : [];
}
