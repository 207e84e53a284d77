import { aria2 } from "../foreign/aria2.js";
import { libtorrent } from "../foreign/libtorrent.js";
import { transmission } from "../foreign/transmission.js";
import type { BitTorrentClient } from "../nodes/client.js";

/** A client that is not ours, and what it cannot do. */
export interface ForeignClient {
  readonly client: BitTorrentClient;
  /** Leaves files of no bytes away. */
  readonly leavesEmptyFilesAway: boolean;
}

export const foreignClients: readonly ForeignClient[] = [
  { client: aria2, leavesEmptyFilesAway: false },
  { client: transmission, leavesEmptyFilesAway: true },
  { client: libtorrent, leavesEmptyFilesAway: false },
];

/** Throws, so that the test fails, when a client is not installed: on CI nothing is skipped. */
export function requireInstalled(clients: readonly BitTorrentClient[]): void {
  const missing = clients.map((client) => client.missing()).filter((name) => name !== undefined);
  if (missing.length === 0) return;
  throw new Error(`not installed: ${missing.join(", ")} (Debian's names); run scripts/install-test-tools.sh`);
}

/** Whether to leave tests of a client out: it is not installed, and this is a developer's machine and not CI. */
export function isLeftOut(client: BitTorrentClient): boolean {
  return process.env.CI === undefined && client.missing() !== undefined;
}
