import type { AnnounceRequest, AnnounceResponse, ScrapeEntry } from "@swarmlab/tracker-protocol/announce";
import type { Clock } from "../ports/clock.js";
import type { Network, SocketAddress } from "../ports/network.js";
import type { Random } from "../ports/random.js";
import { HttpTracker } from "./http-tracker.js";
import { TrackerClientError } from "./tracker-client-error.js";
import { UdpTracker } from "./udp-tracker.js";

export interface TrackerClientOptions {
  readonly network: Network;
  readonly clock: Clock;
  readonly random: Random;
  /** The whole of one announce or scrape, retransmissions included. Default 60 s. */
  readonly timeoutMs?: number;
  /** UDP: how long the first datagram is waited for; doubles with each retransmission. Default 15 s (BEP 15). */
  readonly retransmitBaseMs?: number;
  /** Our own IPv6 address, told to trackers that hear us over IPv4 (BEP 7). */
  readonly ipv6?: string;
}

/** Announces to trackers and scrapes them, by the scheme of their URL. One serves all torrents of a session. */
export class TrackerClient {
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #http: HttpTracker;
  readonly #udp: UdpTracker;

  constructor(options: TrackerClientOptions) {
    const { network, clock, random, timeoutMs = 60_000, retransmitBaseMs = 15_000, ipv6 } = options;
    const key = random.nextUint32();
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    this.#http = new HttpTracker({ network, key, timeoutMs, ipv6 });
    this.#udp = new UdpTracker({ network, clock, random, key, retransmitBaseMs });
  }

  /** Rejects with a TrackerClientError, a TrackerProtocolError, or the network's error. */
  announce(
    url: string,
    request: AnnounceRequest,
    signal: AbortSignal,
  ): Promise<AnnounceResponse<SocketAddress>> {
    return this.#withDeadline(signal, (bounded) => this.#trackerOf(url).announce(url, request, bounded));
  }

  /** The figures of each torrent, in the order of `infoHashes`; undefined for one that the tracker does not know. */
  scrape(
    url: string,
    infoHashes: readonly Uint8Array[],
    signal: AbortSignal,
  ): Promise<(ScrapeEntry | undefined)[]> {
    return this.#withDeadline(signal, (bounded) => this.#trackerOf(url).scrape(url, infoHashes, bounded));
  }

  /** Closes the sockets; what is still under way ends with a time-out. */
  close(): Promise<void> {
    return this.#udp.close();
  }

  #trackerOf(url: string): HttpTracker | UdpTracker {
    const protocol = URL.canParse(url) ? new URL(url).protocol : undefined;
    if (protocol === "http:" || protocol === "https:") return this.#http;
    if (protocol === "udp:") return this.#udp;
    throw new TrackerClientError("UNSUPPORTED_URL", `not a tracker that can be asked: ${url}`);
  }

  async #withDeadline<T>(signal: AbortSignal, run: (bounded: AbortSignal) => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    const deadline = new AbortController();
    const timer = this.#clock.setTimer(this.#timeoutMs, () => {
      deadline.abort(new TrackerClientError("TIMEOUT", `no answer within ${this.#timeoutMs} ms`));
    });
    try {
      return await run(AbortSignal.any([signal, deadline.signal]));
    } finally {
      timer.cancel();
    }
  }
}
