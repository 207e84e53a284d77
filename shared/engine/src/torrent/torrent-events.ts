import type { TorrentInfo } from "@swarmlab/metainfo/info";
import type { SocketAddress } from "../ports/network.js";

export type TorrentState =
  /** The info dictionary of a magnet link is fetched from peers. */
  | "fetching-metadata"
  /** What is on the disk is compared with the hashes. */
  | "checking"
  | "downloading"
  | "seeding"
  | "paused"
  /** It cannot go on; see the event `error`. */
  | "failed"
  | "closed";

/** What happens to a torrent, in the order in which it happens. */
export type TorrentEvent =
  | { readonly type: "state"; readonly state: TorrentState }
  | { readonly type: "metadata"; readonly info: TorrentInfo }
  | { readonly type: "checking"; readonly checkedBytes: number; readonly totalBytes: number }
  | {
      readonly type: "peer-connected";
      readonly peer: SocketAddress;
      readonly client: string;
      readonly isIncoming: boolean;
    }
  | { readonly type: "peer-disconnected"; readonly peer: SocketAddress; readonly reason: string }
  | { readonly type: "peer-banned"; readonly peer: SocketAddress; readonly reason: string }
  | { readonly type: "piece-verified"; readonly index: number }
  | { readonly type: "piece-failed"; readonly index: number }
  /** Everything wanted is on the disk and verified. Not sent when that was so from the start. */
  | { readonly type: "complete" }
  | {
      readonly type: "tracker-answered";
      readonly url: string;
      readonly seeders: number | undefined;
      readonly leechers: number | undefined;
    }
  | { readonly type: "tracker-failed"; readonly url: string; readonly error: Error }
  /** The disk refuses (it is full, say); what has come is kept in memory and tried again. */
  | { readonly type: "disk-trouble"; readonly error: Error }
  | { readonly type: "disk-recovered" }
  /** Harmless: everything is checked again at the next start. */
  | { readonly type: "resume-not-saved"; readonly error: Error }
  | { readonly type: "error"; readonly error: Error };
