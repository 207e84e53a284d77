/** What a peer reports with an announce beside its figures; `undefined` for a regular one. */
export type AnnounceEvent = "started" | "stopped" | "completed";

/** `left` of a peer that does not know it, because it has no metadata yet. */
export const leftUnknown = Number.MAX_SAFE_INTEGER;

/** One announce, over HTTP or UDP alike. */
export interface AnnounceRequest {
  /** 20 bytes. */
  readonly infoHash: Uint8Array;
  /** 20 bytes. */
  readonly peerId: Uint8Array;
  /** Where the peer listens, 1 to 65535. */
  readonly port: number;
  readonly uploadedBytes: number;
  readonly downloadedBytes: number;
  /** 0 for a seeder. */
  readonly leftBytes: number;
  readonly event: AnnounceEvent | undefined;
  /** How many peers are wanted; undefined leaves it to the tracker. */
  readonly numWant: number | undefined;
}

/** What a tracker answers to an announce, over HTTP or UDP alike. */
export interface AnnounceResponse<Peer> {
  /** When to announce again, in seconds. */
  readonly intervalSeconds: number;
  /** When to announce again at the earliest, in seconds. */
  readonly minIntervalSeconds: number | undefined;
  readonly seeders: number | undefined;
  readonly leechers: number | undefined;
  /** To be shown to the user (BEP 3 `warning message`). */
  readonly warning: string | undefined;
  /** To be sent back with the next announce. */
  readonly trackerId: Uint8Array | undefined;
  readonly peers: readonly Peer[];
}

/** What a tracker knows of one torrent (BEP 48 and BEP 15). */
export interface ScrapeEntry {
  readonly seeders: number;
  readonly leechers: number;
  /** How many peers have ever reported `completed`. */
  readonly completed: number;
}
