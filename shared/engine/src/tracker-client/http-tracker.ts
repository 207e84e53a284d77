import type { AnnounceRequest, AnnounceResponse, ScrapeEntry } from "@swarmlab/tracker-protocol/announce";
import { announceUrl, scrapeUrl } from "@swarmlab/tracker-protocol/http-request";
import { parseAnnounceResponse, parseScrapeResponse } from "@swarmlab/tracker-protocol/http-response";
import type { Network, SocketAddress } from "../ports/network.js";
import { TrackerClientError } from "./tracker-client-error.js";

interface HttpTrackerOptions {
  readonly network: Network;
  readonly key: number;
  readonly timeoutMs: number;
  readonly ipv6: string | undefined;
}

/** Room for thousands of peers. */
const maxBodyBytes = 1024 * 1024;

/** Asks trackers over HTTP and HTTPS (BEP 3, 7, 23, 48). */
export class HttpTracker {
  readonly #options: HttpTrackerOptions;
  /** What each tracker asked us to send back, by URL and torrent. */
  readonly #trackerIds = new Map<string, Uint8Array>();

  constructor(options: HttpTrackerOptions) {
    this.#options = options;
  }

  async announce(
    url: string,
    request: AnnounceRequest,
    signal: AbortSignal,
  ): Promise<AnnounceResponse<SocketAddress>> {
    const { key, ipv6 } = this.#options;
    const session = `${Buffer.from(request.infoHash).toString("hex")} ${url}`;
    const trackerId = this.#trackerIds.get(session);
    const body = await this.#get(announceUrl(url, request, { key, trackerId, ipv6 }), signal);
    const response = parseAnnounceResponse(body);
    if (request.event === "stopped") this.#trackerIds.delete(session);
    else if (response.trackerId !== undefined) this.#trackerIds.set(session, response.trackerId);
    return response;
  }

  async scrape(
    url: string,
    infoHashes: readonly Uint8Array[],
    signal: AbortSignal,
  ): Promise<(ScrapeEntry | undefined)[]> {
    const target = scrapeUrl(url, infoHashes);
    if (target === undefined) throw new TrackerClientError("NO_SCRAPE", `no scrape belongs to ${url}`);
    const entries = parseScrapeResponse(await this.#get(target, signal));
    return infoHashes.map((infoHash) => entries.get(Buffer.from(infoHash).toString("hex")));
  }

  async #get(url: string, signal: AbortSignal): Promise<Uint8Array> {
    const { network, timeoutMs } = this.#options;
    const { status, body } = await network.httpGet(url, { signal, timeoutMs, maxBodyBytes });
    // Some trackers send their failure reason with an error status: any dictionary is worth reading.
    const isDictionary = body[0] === 0x64;
    if (status !== 200 && !isDictionary) throw new TrackerClientError("HTTP_STATUS", `HTTP status ${status}`);
    return body;
  }
}
