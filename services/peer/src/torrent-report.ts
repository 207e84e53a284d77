import { join } from "node:path";
import type { Torrent } from "@swarmlab/engine/torrent/torrent";
import type { TorrentEvent } from "@swarmlab/engine/torrent/torrent-events";
import type { TorrentStats } from "@swarmlab/engine/torrent/torrent-stats";
import type { TorrentInfo } from "@swarmlab/metainfo/info";
import { formatMagnet } from "@swarmlab/metainfo/magnet";
import { formatSocketAddress } from "@swarmlab/settings/addresses";
import type { Output } from "./output/output.js";
import type { TorrentSource } from "./source/torrent-source.js";
import type { Story } from "./story.js";

const PROGRESS_INTERVAL_MS = 1_000;
/** The least time between two events that tell how far a check is. */
const CHECKING_INTERVAL_MS = 500;

/** What a leecher has when it is done. */
export interface CompletedTorrent {
  /** Hexadecimal. */
  readonly infoHash: string;
  readonly name: string;
  /** Of the file or folder; absolute. */
  readonly path: string;
}

export interface TorrentReportOptions {
  readonly role: "seeder" | "leecher";
  readonly source: TorrentSource;
  readonly output: Output;
  readonly story: Story;
  /** A leecher has everything, verified and on the disk, be it from the start. */
  onComplete(completed: CompletedTorrent): void;
  /** The torrent cannot go on. */
  onFailure(error: Error): void;
}

/** Follows one torrent, and tells output and log what becomes of it. */
export class TorrentReport {
  readonly #options: TorrentReportOptions;
  /** When the peer began to take part in the swarm. */
  readonly joinedAt = new Date();
  readonly #joinedAtMs = performance.now();
  #torrent: Torrent | undefined;
  #info: TorrentInfo | undefined;
  #timer: NodeJS.Timeout | undefined;
  #lastCheckingMs = performance.now();
  #hasFetched = false;
  #isComplete = false;
  #movedBytes = 0;
  #wasMoving = false;
  #problem: string | undefined;
  #completedAt: Date | undefined;

  constructor(options: TorrentReportOptions) {
    this.#options = options;
    if (options.source.info !== undefined) this.#onInfo(options.source.info);
  }

  /** What is wrong now; undefined when nothing is. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** When everything was there: at the start, or later. */
  get completedAt(): Date | undefined {
    return this.#completedAt;
  }

  /** The torrent that was added; its events may come before. */
  attach(torrent: Torrent): void {
    this.#torrent = torrent;
    this.#timer = setInterval(() => this.#tick(), PROGRESS_INTERVAL_MS);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  observe(event: TorrentEvent): void {
    const { output, story, role } = this.#options;
    story.onEvent(event, this.#torrent);
    switch (event.type) {
      case "metadata":
        this.#onInfo(event.info);
        break;
      case "checking":
        this.#onChecking(event.checkedBytes, event.totalBytes);
        break;
      case "piece-verified":
        this.#hasFetched = true;
        break;
      case "state":
        // What was fetched just now is verified, but perhaps not on the disk yet.
        if (event.state === "seeding" && (role === "seeder" || !this.#hasFetched)) this.#onEverything();
        break;
      case "complete":
        this.#onEverything();
        break;
      case "peer-banned":
        output.show({ event: "banned", peer: formatSocketAddress(event.peer), reason: event.reason });
        break;
      case "disk-trouble":
        this.#problem = event.error.message;
        output.show({ event: "disk-trouble", message: event.error.message });
        break;
      case "disk-recovered":
        this.#problem = undefined;
        output.show({ event: "disk-recovered" });
        break;
      case "error":
        this.#problem = event.error.message;
        this.#options.onFailure(event.error);
        break;
      default:
        break;
    }
  }

  #onInfo(info: TorrentInfo): void {
    const { output, story, source } = this.#options;
    this.#info = info;
    story.onTorrent(info);
    const magnet = formatMagnet({
      infoHash: info.infoHash,
      displayName: info.name,
      trackers: source.announceTiers.flat(),
      peers: [],
    });
    const { name, totalBytes, pieceCount } = info;
    output.show({ event: "torrent", infoHash: hex(info.infoHash), name, totalBytes, pieceCount, magnet });
  }

  #onChecking(checkedBytes: number, totalBytes: number): void {
    const nowMs = performance.now();
    if (nowMs - this.#lastCheckingMs < CHECKING_INTERVAL_MS && checkedBytes < totalBytes) return;
    this.#lastCheckingMs = nowMs;
    this.#options.output.show({ event: "checking", checkedBytes, totalBytes });
  }

  #onEverything(): void {
    const { output, story, role, source } = this.#options;
    if (this.#isComplete || this.#info === undefined) return;
    this.#isComplete = true;
    this.#completedAt = new Date();
    const { name } = this.#info;
    const infoHash = hex(this.#info.infoHash);
    if (role === "leecher") {
      const seconds = (performance.now() - this.#joinedAtMs) / 1000;
      const path = join(source.directory, name);
      this.#showProgress();
      story.onComplete(this.#torrent?.stats().downloadedPayloadBytes ?? 0, seconds);
      output.show({ event: "complete", infoHash, name, path, seconds: Math.round(seconds * 1000) / 1000 });
      this.#options.onComplete({ infoHash, name, path });
    }
    story.onSeeding();
    output.show({ event: "seeding", infoHash, name });
  }

  #tick(): void {
    const stats = this.#torrent?.stats();
    if (stats === undefined) return;
    const movedBytes = stats.downloadedPayloadBytes + stats.uploadedPayloadBytes;
    const isMoving = stats.state === "downloading" || movedBytes !== this.#movedBytes;
    this.#movedBytes = movedBytes;
    // Once more after it has come to rest, for the last word on the rates.
    if (isMoving || this.#wasMoving) this.#showProgress(stats);
    this.#wasMoving = isMoving;
  }

  #showProgress(stats: TorrentStats | undefined = this.#torrent?.stats()): void {
    if (stats === undefined) return;
    this.#options.output.show({
      event: "progress",
      verifiedBytes: stats.verifiedBytes,
      downloadedBytes: stats.downloadedPayloadBytes,
      uploadedBytes: stats.uploadedPayloadBytes,
      downBitsPerSecond: Math.round(stats.downloadBytesPerSecond * 8),
      upBitsPerSecond: Math.round(stats.uploadBytesPerSecond * 8),
      peers: stats.connectedPeers,
    });
  }
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
