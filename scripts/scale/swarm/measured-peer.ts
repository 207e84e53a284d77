import { z } from "zod";
import { getPatiently } from "./get-patiently.js";

/** A peer of the swarm that is measured, wherever it runs. */
export interface MeasuredPeer {
  /** Of its process, as this host counts. */
  readonly pid: number;
  /** `http://HOST:PORT` of its API and metrics. */
  readonly controlUrl: string;
  /** From its launch to its "ready". */
  readonly startSeconds: number;
  /** Processor time that it had used then; undefined when nobody looked in time. */
  readonly startCpuSeconds?: number;
}

const stateSchema = z.object({
  uptimeSeconds: z.number(),
  joinedAt: z.iso.datetime().nullable(),
  completedAt: z.iso.datetime().nullable(),
  torrents: z.array(z.object({ connectedPeers: z.number(), pieceCount: z.number() })),
});

export type PeerState = z.infer<typeof stateSchema>;

export function peerState({ controlUrl }: Pick<MeasuredPeer, "controlUrl">): Promise<PeerState> {
  return getPatiently(`${controlUrl}/api/state`, stateSchema);
}

/** How many series Prometheus gets from a peer. */
export async function metricSeries({ controlUrl }: MeasuredPeer): Promise<number> {
  const page = await (await fetch(`${controlUrl}/metrics`)).text();
  return page.split("\n").filter((line) => line !== "" && !line.startsWith("#")).length;
}
