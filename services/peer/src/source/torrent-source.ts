import type { SocketAddress } from "@swarmlab/engine/ports/network";
import type { ResumeState } from "@swarmlab/engine/storage/resume-file";
import type { TorrentInfo } from "@swarmlab/metainfo/info";

/** All that is known of a torrent before it starts. */
export interface TorrentSource {
  readonly infoHash: Uint8Array;
  /** Undefined for a magnet link: peers are asked for it. */
  readonly info?: TorrentInfo;
  readonly announceTiers: readonly (readonly string[])[];
  /** Peers that the link names. */
  readonly peers: readonly SocketAddress[];
  /** Absolute; holds, or gets, what the torrent names. */
  readonly directory: string;
  /** The `.torrent` file, when there is one that a catalogue may lack. */
  readonly torrentFile?: Uint8Array;
  /** What was just hashed, so that it need not be hashed again. */
  readonly resumeState?: ResumeState;
}

/** Where to announce: each tracker that the user named, in this order, before those of the torrent itself. */
export function announceTiersOf(
  trackerUrls: readonly string[],
  torrentTiers: readonly (readonly string[])[],
): (readonly string[])[] {
  const others = torrentTiers.map((tier) => tier.filter((url) => !trackerUrls.includes(url)));
  return [...trackerUrls.map((url) => [url]), ...others.filter((tier) => tier.length > 0)];
}
