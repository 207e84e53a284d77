import { parseCompactPeers } from "@swarmlab/tracker-protocol/compact-peers";
import {
  compactResponseOverheadBytes,
  writeCompactAnnounceResponse,
} from "@swarmlab/tracker-protocol/compact-response";
import { parseAnnounceQuery, parseScrapeQuery } from "@swarmlab/tracker-protocol/http-request";
import {
  encodeAnnounceResponse,
  encodeFailure,
  encodeScrapeResponse,
} from "@swarmlab/tracker-protocol/http-response";
import { TrackerProtocolError } from "@swarmlab/tracker-protocol/tracker-protocol-error";
import type { AnnounceService } from "../announce-service.js";
import { maxPickedPeers, type StoreAnswer } from "../store/swarm-store.js";
import type { TrackerCounters } from "../tracker-counters.js";

const ipv6PeerBytes = 18;

/** Turns the query of an announce or a scrape into the body of its answer. */
export class AnnounceAnswer {
  readonly #service: AnnounceService;
  readonly #counters: TrackerCounters;
  readonly #body = Buffer.allocUnsafeSlow(compactResponseOverheadBytes + maxPickedPeers * ipv6PeerBytes);

  constructor(service: AnnounceService, counters: TrackerCounters) {
    this.#service = service;
    this.#counters = counters;
  }

  /** `ip` is where the request came from. The body is valid until the next call. */
  announce(bytes: Uint8Array, queryStart: number, queryEnd: number, ip: Uint8Array): Uint8Array {
    const startMs = this.#counters.announceTime.start();
    return this.#refusing(() => {
      const request = parseAnnounceQuery(bytes, queryStart, queryEnd);
      const answer = this.#service.announce("http", request, ip, maxPickedPeers);
      if (answer.kind === "refusal") return encodeFailure(answer.message);
      const body = request.compact ? this.#compactBody(answer) : this.#dictionaryBody(answer);
      this.#counters.announceTime.end(startMs);
      return body;
    });
  }

  scrape(bytes: Uint8Array, queryStart: number, queryEnd: number): Uint8Array {
    return this.#refusing(() => {
      const infoHashes = parseScrapeQuery(bytes, queryStart, queryEnd);
      const entries = this.#service.scrape("http", infoHashes);
      const known = entries.flatMap((entry, i) => ({ infoHash: infoHashes[i] ?? new Uint8Array(), entry }));
      return encodeScrapeResponse(known);
    });
  }

  #compactBody({ seeders, leechers, ipv4, ipv6 }: StoreAnswer): Uint8Array {
    const end = writeCompactAnnounceResponse(this.#body, 0, {
      intervalSeconds: this.#service.intervalSeconds,
      minIntervalSeconds: this.#service.minIntervalSeconds,
      seeders,
      leechers,
      peers: ipv4,
      peers6: ipv6,
    });
    return this.#body.subarray(0, end);
  }

  #dictionaryBody({ seeders, leechers, ipv4, ipv6 }: StoreAnswer): Uint8Array {
    return encodeAnnounceResponse({
      intervalSeconds: this.#service.intervalSeconds,
      minIntervalSeconds: this.#service.minIntervalSeconds,
      seeders,
      leechers,
      warning: undefined,
      trackerId: undefined,
      peers: [...parseCompactPeers(ipv4, "ipv4"), ...parseCompactPeers(ipv6, "ipv6")],
    });
  }

  #refusing(answer: () => Uint8Array): Uint8Array {
    try {
      return answer();
    } catch (error) {
      if (!(error instanceof TrackerProtocolError)) throw error;
      this.#counters.failures.http.MALFORMED++;
      return encodeFailure(error.message);
    }
  }
}
