import { setTimeout as sleep } from "node:timers/promises";
import type { Child } from "../process/child.js";

/** A running tracker. */
export interface TrackerServer {
  readonly child: Child;
  /** `http://HOST:PORT`, without a path. */
  readonly baseUrl: string;
  readonly announceUrl: string;
  readonly udpPort: number;
}

/** How many complete peers the tracker counts in the swarm (`complete` of an HTTP scrape, BEP 48). */
async function countSeeders(tracker: TrackerServer, infoHash: string): Promise<number> {
  const query = infoHash.replaceAll(/../g, "%$&");
  const response = await fetch(`${tracker.baseUrl}/scrape?info_hash=${query}`);
  return Number(/8:completei(\d+)e/.exec(await response.text())?.[1] ?? 0);
}

/** Resolves when at least `seeders` complete peers have announced themselves. `infoHash` is hexadecimal. */
export async function untilSeedersAnnounced(
  tracker: TrackerServer,
  infoHash: string,
  seeders: number,
  timeoutMs: number,
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const found = await countSeeders(tracker, infoHash);
    if (found >= seeders) return;
    if (performance.now() > deadline) {
      throw new Error(
        `${tracker.child.name} knows ${found} of ${seeders} seeders after ${timeoutMs / 1000} s`,
      );
    }
    await sleep(50);
  }
}
