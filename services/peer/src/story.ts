import type { Torrent } from "@swarmlab/engine/torrent/torrent";
import type { TorrentEvent } from "@swarmlab/engine/torrent/torrent-events";
import type { TorrentInfo } from "@swarmlab/metainfo/info";
import { formatSocketAddress } from "@swarmlab/settings/addresses";
import type { Logger } from "@swarmlab/telemetry/logger";
import { formatBitRate, formatBytes, percentOf } from "./output/quantities.js";

/** Told when passed, beside the beginning and the end. */
const MILESTONES_PERCENT = [25, 50, 75];

/** Tells in the log what becomes of one torrent: the turning points at `info`, everything at `debug`. */
export class Story {
  readonly #logger: Logger;
  readonly #milestones = [...MILESTONES_PERCENT];
  readonly #failingTrackers = new Set<string>();
  readonly #knownTrackers = new Set<string>();
  #hasMetPeer = false;
  #totalBytes = 0;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  onTorrent(info: TorrentInfo): void {
    const { name, totalBytes, pieceCount } = info;
    this.#totalBytes = totalBytes;
    const infoHash = Buffer.from(info.infoHash).toString("hex");
    this.#logger.info(
      { torrent: name, infoHash, size: formatBytes(totalBytes), pieces: pieceCount },
      "torrent",
    );
  }

  /** `torrent` is undefined while it is being added. */
  onEvent(event: TorrentEvent, torrent: Torrent | undefined): void {
    const logger = this.#logger;
    switch (event.type) {
      case "state":
        logger.debug({ state: event.state }, "state");
        break;
      case "checking":
        logger.trace({ checkedBytes: event.checkedBytes }, "checking");
        break;
      case "peer-connected":
        this.#onPeer(event);
        break;
      case "peer-disconnected":
        logger.debug({ peer: formatSocketAddress(event.peer), reason: event.reason }, "peer left");
        break;
      case "peer-banned":
        logger.warn({ peer: formatSocketAddress(event.peer), reason: event.reason }, "peer banned");
        break;
      case "piece-verified":
        this.#onPieceVerified(event.index, torrent);
        break;
      case "piece-failed":
        logger.warn({ piece: event.index }, "a piece failed its hash and is fetched again");
        break;
      case "tracker-answered":
        this.#onTracker(event);
        break;
      case "tracker-failed":
        this.#onTrackerFailure(event.url, event.error);
        break;
      case "disk-trouble":
        logger.error({ reason: event.error.message }, "the disk refuses; trying again");
        break;
      case "disk-recovered":
        logger.info("the disk works again");
        break;
      case "resume-not-saved":
        logger.warn({ reason: event.error.message }, "the resume file was not written");
        break;
      default:
        break;
    }
  }

  /** `fetchedBytes` is 0 when everything was there from the start. */
  onComplete(fetchedBytes: number, seconds: number): void {
    const averageRate = formatBitRate((fetchedBytes * 8) / Math.max(seconds, 0.001));
    this.#logger.info(
      fetchedBytes === 0
        ? "complete from the start"
        : `complete in ${seconds.toFixed(1)} s at ${averageRate} on average`,
    );
  }

  onSeeding(): void {
    this.#logger.info("seeding");
  }

  onStopped(uploadedBytes: number, downloadedBytes: number): void {
    // A seeder has downloaded nothing: what it gave is then compared with the torrent.
    const base = downloadedBytes > 0 ? downloadedBytes : this.#totalBytes;
    this.#logger.info(
      {
        uploaded: formatBytes(uploadedBytes),
        downloaded: formatBytes(downloadedBytes),
        ratio: base === 0 ? 0 : round(uploadedBytes / base, 2),
      },
      "stopped",
    );
  }

  #onPeer({ peer, client, isIncoming }: Extract<TorrentEvent, { type: "peer-connected" }>): void {
    const fields = { peer: formatSocketAddress(peer), client, isIncoming };
    this.#logger[this.#hasMetPeer ? "debug" : "info"](fields, this.#hasMetPeer ? "peer" : "first peer");
    this.#hasMetPeer = true;
  }

  #onPieceVerified(index: number, torrent: Torrent | undefined): void {
    this.#logger.debug({ piece: index }, "piece verified");
    if (torrent === undefined || this.#milestones.length === 0) return;
    const { verifiedBytes, totalBytes, downloadBytesPerSecond, connectedPeers } = torrent.stats();
    const percent = percentOf(verifiedBytes, totalBytes);
    let passed: number | undefined;
    while (this.#milestones[0] !== undefined && percent >= this.#milestones[0]) {
      passed = this.#milestones.shift();
    }
    if (passed === undefined || percent === 100) return;
    // A fast download is over before its rate is known.
    const rate = downloadBytesPerSecond > 0 ? { rate: formatBitRate(downloadBytesPerSecond * 8) } : {};
    this.#logger.info({ ...rate, peers: connectedPeers }, `${passed} %`);
  }

  #onTracker({ url, seeders, leechers }: Extract<TorrentEvent, { type: "tracker-answered" }>): void {
    const isNews = !this.#knownTrackers.has(url) || this.#failingTrackers.has(url);
    this.#knownTrackers.add(url);
    this.#failingTrackers.delete(url);
    this.#logger[isNews ? "info" : "debug"]({ url, seeders, leechers }, "tracker answered");
  }

  #onTrackerFailure(url: string, error: Error): void {
    const isNews = !this.#failingTrackers.has(url);
    this.#failingTrackers.add(url);
    this.#logger[isNews ? "warn" : "debug"]({ url, reason: error.message }, "tracker failed");
  }
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
