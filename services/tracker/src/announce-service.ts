import type { AnnounceRequest, ScrapeEntry } from "@swarmlab/tracker-protocol/announce";
import type { StoreAnswer, SwarmStore } from "./store/swarm-store.js";
import type { FailureReason, Protocol, TrackerCounters } from "./tracker-counters.js";

export interface AnnounceServiceOptions {
  readonly store: SwarmStore;
  readonly counters: TrackerCounters;
  readonly intervalSeconds: number;
  /** Whether a torrent may be announced; undefined lets all. */
  readonly isRegistered: ((infoHash: Uint8Array) => boolean) | undefined;
}

export interface Refusal {
  readonly kind: "refusal";
  readonly message: string;
}

/** How many peers a client gets that does not say. */
const defaultNumWant = 50;

const messages: Readonly<Record<Exclude<FailureReason, "MALFORMED">, string>> = {
  NOT_REGISTERED: "this torrent is not in the tracker's catalogue",
  TOO_MANY_TORRENTS: "the tracker has no room for another torrent",
  TOO_MANY_PEERS: "the tracker has no room for another peer",
};

/** What is the same for announces over HTTP and UDP: who may announce what, and what is counted. */
export class AnnounceService {
  readonly intervalSeconds: number;
  readonly minIntervalSeconds: number;
  readonly #options: AnnounceServiceOptions;

  constructor(options: AnnounceServiceOptions) {
    this.#options = options;
    this.intervalSeconds = options.intervalSeconds;
    // A peer in need may come back well before its time, but not in a loop.
    this.minIntervalSeconds = Math.ceil(options.intervalSeconds / 4);
  }

  /**
   * `ip` (4 or 16 bytes) is where the announce came from: what the client says about its address is never believed.
   * `room` bounds the number of peers. Over HTTP, peers of the other family fill up what is left.
   */
  announce(
    protocol: Protocol,
    request: AnnounceRequest,
    ip: Uint8Array,
    room: number,
  ): StoreAnswer | Refusal {
    const { store, counters, isRegistered } = this.#options;
    const { infoHash, port, leftBytes, event, numWant } = request;
    if (isRegistered !== undefined && !isRegistered(infoHash)) {
      return this.#refuse(protocol, request, "NOT_REGISTERED");
    }
    const maxPicked = Math.min(numWant ?? defaultNumWant, room);
    const bothFamilies = protocol === "http";
    const answer = store.announce({ infoHash, ip, port, leftBytes, event, maxPicked, bothFamilies });
    if (answer.kind === "refusal") return this.#refuse(protocol, request, answer.reason);
    counters.countAnnounce(protocol, event, "accepted");
    return answer;
  }

  /** In the order of `infoHashes`; zeros for what is not known. */
  scrape(protocol: Protocol, infoHashes: readonly Uint8Array[]): ScrapeEntry[] {
    const { store, counters } = this.#options;
    counters.scrapes[protocol]++;
    return infoHashes.map((infoHash) => store.figures(infoHash) ?? { seeders: 0, leechers: 0, completed: 0 });
  }

  #refuse(protocol: Protocol, request: AnnounceRequest, reason: keyof typeof messages): Refusal {
    const { counters } = this.#options;
    counters.countAnnounce(protocol, request.event, "refused");
    counters.failures[protocol][reason]++;
    return { kind: "refusal", message: messages[reason] };
  }
}
