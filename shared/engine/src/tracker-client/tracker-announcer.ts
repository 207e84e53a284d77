import type { AnnounceEvent, AnnounceResponse } from "@swarmlab/tracker-protocol/announce";
import type { Clock, Timer } from "../ports/clock.js";
import type { SocketAddress } from "../ports/network.js";
import type { Random } from "../ports/random.js";
import { AnnounceSchedule, type AnnounceTimes, defaultAnnounceTimes } from "./announce-schedule.js";
import type { TrackerClient } from "./tracker-client.js";
import { TrackerClientError } from "./tracker-client-error.js";
import { TrackerTiers } from "./tracker-tiers.js";

/** What a torrent reports to trackers. */
export interface AnnounceFigures {
  readonly uploadedBytes: number;
  readonly downloadedBytes: number;
  /** 0 for a seeder; `leftUnknown` of the tracker protocol before the metadata is there. */
  readonly leftBytes: number;
  /** Where we listen. */
  readonly port: number;
}

/** What a tracker says of the swarm. */
interface AnnounceSuccess {
  readonly seeders: number | undefined;
  readonly leechers: number | undefined;
  /** When the next regular announce is due. */
  readonly intervalMs: number;
  readonly warning: string | undefined;
}

export interface TrackerAnnouncerOptions {
  readonly client: TrackerClient;
  readonly clock: Clock;
  readonly random: Random;
  readonly infoHash: Uint8Array;
  readonly peerId: Uint8Array;
  /** Announce URLs by tier (BEP 12). */
  readonly tiers: readonly (readonly string[])[];
  /** Asked before each announce. */
  readonly figures: () => AnnounceFigures;
  /** How many peers to ask for. Default 50. */
  readonly numWant?: number;
  readonly times?: Partial<AnnounceTimes>;
  /** How long `close` waits for trackers to hear `stopped`. Default 1.5 s. */
  readonly stoppedTimeoutMs?: number;
  readonly onPeers: (peers: readonly SocketAddress[]) => void;
  readonly onSuccess: (url: string, success: AnnounceSuccess) => void;
  readonly onFailure: (url: string, error: Error) => void;
}

/** Keeps the trackers of one torrent informed and brings its peers: the first tracker that answers is enough (BEP 12). */
export class TrackerAnnouncer {
  readonly #options: TrackerAnnouncerOptions;
  readonly #tiers: TrackerTiers;
  readonly #schedule: AnnounceSchedule;
  readonly #closing = new AbortController();
  /** Trackers that have heard of us, or may have: they are told `stopped`. */
  readonly #informed = new Set<string>();
  /** Trackers that answered `started`. */
  readonly #started = new Set<string>();
  #completed = false;
  #timer: Timer | undefined;
  /** When the timer goes off. */
  #dueMs = Number.NEGATIVE_INFINITY;
  #round: Promise<void> | undefined;
  #again = false;

  constructor(options: TrackerAnnouncerOptions) {
    this.#options = options;
    this.#tiers = new TrackerTiers(options.tiers, options.random);
    this.#schedule = new AnnounceSchedule({ ...defaultAnnounceTimes, ...options.times }, options.random);
  }

  /**
   * Announces at once: the first call starts everything. `completed` is reported once, after the download has
   * finished in this session.
   */
  announceNow(event?: "completed"): void {
    if (event === "completed") this.#completed = true;
    if (this.#closing.signal.aborted) return;
    if (this.#round !== undefined) {
      this.#again = true;
      return;
    }
    this.#timer?.cancel();
    this.#round = this.#announceRound().finally(() => {
      this.#round = undefined;
      if (!this.#again) return;
      this.#again = false;
      this.announceNow();
    });
  }

  /** Announces as soon as the tracker allows it. Call it as often as you like. */
  requestPeers(): void {
    const earliestMs = this.#schedule.earliest();
    if (this.#round === undefined && earliestMs !== undefined && earliestMs < this.#dueMs) {
      this.#announceAt(earliestMs);
    }
  }

  /** Tells `stopped` to the trackers that know us, for a bounded time, and announces no more. */
  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort();
    this.#timer?.cancel();
    await this.#round;
    const deadline = new AbortController();
    const timer = this.#options.clock.setTimer(this.#options.stoppedTimeoutMs ?? 1500, () =>
      deadline.abort(),
    );
    await Promise.allSettled([...this.#informed].map((url) => this.#send(url, "stopped", deadline.signal)));
    timer.cancel();
  }

  #announceAt(timeMs: number): void {
    this.#timer?.cancel();
    this.#dueMs = timeMs;
    const delayMs = Math.max(0, timeMs - this.#options.clock.nowMs());
    this.#timer = this.#options.clock.setTimer(delayMs, () => this.announceNow());
  }

  /** Asks one tracker after the other until one answers. */
  async #announceRound(): Promise<void> {
    const { signal } = this.#closing;
    for (const url of this.#tiers.inOrder()) {
      const event = this.#eventFor(url);
      this.#informed.add(url);
      let response: AnnounceResponse<SocketAddress>;
      try {
        response = await this.#send(url, event, signal);
      } catch (error) {
        if (signal.aborted) return;
        this.#fail(url, error instanceof Error ? error : new Error(String(error)));
        continue;
      }
      this.#started.add(url);
      if (event === "completed") this.#completed = false;
      this.#again ||= this.#completed;
      this.#tiers.promote(url);
      if (!signal.aborted) this.#deliver(url, response);
      return;
    }
    if (this.#tiers.inOrder().length > 0) {
      this.#announceAt(this.#schedule.failed(this.#options.clock.nowMs()));
    }
  }

  /** A tracker first hears `started`, whatever else there is to say. */
  #eventFor(url: string): AnnounceEvent | undefined {
    if (!this.#started.has(url)) return "started";
    return this.#completed ? "completed" : undefined;
  }

  #send(
    url: string,
    event: AnnounceEvent | undefined,
    signal: AbortSignal,
  ): Promise<AnnounceResponse<SocketAddress>> {
    const { client, infoHash, peerId, figures, numWant = 50 } = this.#options;
    const wanted = event === "stopped" ? 0 : numWant;
    return client.announce(url, { infoHash, peerId, ...figures(), event, numWant: wanted }, signal);
  }

  #deliver(url: string, response: AnnounceResponse<SocketAddress>): void {
    const { intervalSeconds, minIntervalSeconds, seeders, leechers, warning, peers } = response;
    const nowMs = this.#options.clock.nowMs();
    const minMs = minIntervalSeconds === undefined ? undefined : minIntervalSeconds * 1000;
    const nextMs = this.#schedule.succeeded(nowMs, intervalSeconds * 1000, minMs);
    this.#announceAt(nextMs);
    this.#options.onSuccess(url, { seeders, leechers, intervalMs: nextMs - nowMs, warning });
    if (peers.length > 0) this.#options.onPeers(peers);
  }

  #fail(url: string, error: Error): void {
    if (!this.#started.has(url)) this.#informed.delete(url);
    if (error instanceof TrackerClientError && error.code === "UNSUPPORTED_URL") this.#tiers.remove(url);
    this.#options.onFailure(url, error);
  }
}
