import type { TorrentInfo } from "@swarmlab/metainfo/info";
import type { EngineMetrics } from "../metrics.js";
import type { Clock } from "../ports/clock.js";
import type { Disk, Hasher } from "../ports/disk.js";
import type { Network, SocketAddress } from "../ports/network.js";
import type { Random } from "../ports/random.js";
import type { RateLimiter } from "../session/rate-limiter.js";
import type { ResumeState } from "../storage/resume-file.js";
import type { AnnounceTimes } from "../tracker-client/announce-schedule.js";
import type { TrackerClient } from "../tracker-client/tracker-client.js";
import type { TorrentEvent } from "./torrent-events.js";

/** What a session lends to its torrents. */
export interface TorrentServices {
  readonly network: Network;
  readonly clock: Clock;
  readonly random: Random;
  readonly disk: Disk;
  readonly hasher: Hasher;
  readonly peerId: Uint8Array;
  readonly trackerClient: TrackerClient;
  readonly uploadLimiter: RateLimiter;
  readonly downloadLimiter: RateLimiter;
  readonly metrics: EngineMetrics;
  /** Where the session listens; 0 before it does. */
  listenPort(): number;
  /** Payload that the whole session sends now, in bytes per second. */
  uploadBytesPerSecond(): number;
}

export interface TorrentOptions {
  /** 20 bytes. */
  readonly infoHash: Uint8Array;
  /** Left out for a magnet link: then peers are asked for it. */
  readonly info?: TorrentInfo;
  readonly announceTiers?: readonly (readonly string[])[];
  /** Absolute path of the folder that holds, or gets, the file or folder that the torrent names. */
  readonly directory: string;
  /** `seed` expects all of the content to be there and never writes. */
  readonly mode: "download" | "seed";
  /** What is known of the content already, because it was hashed just now. */
  readonly resumeState?: ResumeState;
  /** Peers to connect to, beside those that trackers name. */
  readonly peers?: readonly SocketAddress[];
  readonly maxConnections?: number;
  /** Peers served at the same time; chosen by the upload rate when left out. */
  readonly uploadSlots?: number;
  /** Whether a seeder gives every piece away once before any twice (BEP 16). Default true. */
  readonly spreadsFirstCopies?: boolean;
  readonly announceTimes?: Partial<AnnounceTimes>;
  observe?(event: TorrentEvent): void;
}
