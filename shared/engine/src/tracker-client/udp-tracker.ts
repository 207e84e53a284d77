import type { AnnounceRequest, AnnounceResponse, ScrapeEntry } from "@swarmlab/tracker-protocol/announce";
import { formatIp, parseIp } from "@swarmlab/tracker-protocol/ip-address";
import { TrackerProtocolError } from "@swarmlab/tracker-protocol/tracker-protocol-error";
import {
  encodeUdpAnnounceRequest,
  encodeUdpConnectRequest,
  encodeUdpScrapeRequest,
  type UdpConnectionId,
} from "@swarmlab/tracker-protocol/udp-request";
import type { UdpResponse } from "@swarmlab/tracker-protocol/udp-response";
import type { Clock } from "../ports/clock.js";
import type { Network, SocketAddress } from "../ports/network.js";
import type { Random } from "../ports/random.js";
import { TrackerClientError } from "./tracker-client-error.js";
import { UdpExchange } from "./udp-exchange.js";

interface UdpTrackerOptions {
  readonly network: Network;
  readonly clock: Clock;
  readonly random: Random;
  readonly key: number;
  readonly retransmitBaseMs: number;
}

/** BEP 15: a client may use a connection id for one minute. */
const connectionIdLifeMs = 60_000;
/** BEP 15: the last wait is 15 * 2^8 seconds. */
const maxRetransmissions = 8;

type Answer<Action> = Extract<UdpResponse, { action: Action }>;

/** Asks trackers over UDP (BEP 15, BEP 41). */
export class UdpTracker {
  readonly #options: UdpTrackerOptions;
  readonly #exchange: UdpExchange;
  readonly #connections = new Map<string, { readonly id: UdpConnectionId; readonly sinceMs: number }>();

  constructor(options: UdpTrackerOptions) {
    this.#options = options;
    this.#exchange = new UdpExchange(options);
  }

  announce(
    url: string,
    request: AnnounceRequest,
    signal: AbortSignal,
  ): Promise<AnnounceResponse<SocketAddress>> {
    const { key } = this.#options;
    const urlData = urlDataOf(url);
    return this.#ask(url, signal, "announce", (connectionId, transactionId) =>
      encodeUdpAnnounceRequest({ ...request, connectionId, transactionId, key, urlData }),
    );
  }

  async scrape(
    url: string,
    infoHashes: readonly Uint8Array[],
    signal: AbortSignal,
  ): Promise<(ScrapeEntry | undefined)[]> {
    const { entries } = await this.#ask(url, signal, "scrape", (connectionId, transactionId) =>
      encodeUdpScrapeRequest({ connectionId, transactionId, infoHashes }),
    );
    return infoHashes.map((_, index) => entries[index]);
  }

  close(): Promise<void> {
    return this.#exchange.close();
  }

  /** Each retransmission waits twice as long, and goes to the host's next address. */
  async #ask<Action extends "announce" | "scrape">(
    url: string,
    signal: AbortSignal,
    action: Action,
    encode: (connectionId: UdpConnectionId, transactionId: number) => Uint8Array,
  ): Promise<Answer<Action>> {
    const addresses = await this.#addressesOf(url, signal);
    for (let attempt = 0; attempt <= maxRetransmissions; attempt++) {
      const to = addresses[attempt % addresses.length];
      if (to === undefined) break;
      const waitMs = this.#options.retransmitBaseMs * 2 ** attempt;
      const connectionId = await this.#connect(to, waitMs, signal);
      if (connectionId === undefined) continue;
      const response = await this.#exchange.request(to, waitMs, signal, (id) => encode(connectionId, id));
      if (hasAction(response, action)) return response;
      // The tracker may have lost its secret in a restart: never try twice with the same id.
      this.#connections.delete(nameOf(to));
      if (response?.action === "error") throw refusal(response.message);
    }
    throw new TrackerClientError("TIMEOUT", `${url} does not answer`);
  }

  async #connect(
    to: SocketAddress,
    waitMs: number,
    signal: AbortSignal,
  ): Promise<UdpConnectionId | undefined> {
    const known = this.#connections.get(nameOf(to));
    const nowMs = this.#options.clock.nowMs();
    if (known !== undefined && nowMs - known.sinceMs < connectionIdLifeMs) return known.id;
    const response = await this.#exchange.request(to, waitMs, signal, encodeUdpConnectRequest);
    if (response?.action === "error") throw refusal(response.message);
    if (response?.action !== "connect") return undefined;
    this.#connections.set(nameOf(to), { id: response.connectionId, sinceMs: this.#options.clock.nowMs() });
    return response.connectionId;
  }

  /** All addresses of the URL's host in one spelling, IPv4 first. */
  async #addressesOf(url: string, signal: AbortSignal): Promise<SocketAddress[]> {
    const { hostname, port } = new URL(url);
    const hosts = await this.#options.network.resolve(hostname.replace(/^\[|\]$/g, ""), signal);
    const ips = hosts.flatMap((host) => parseIp(host) ?? []).sort((a, b) => a.length - b.length);
    if (ips.length === 0 || port === "") throw new TrackerClientError("NO_ADDRESS", `no address for ${url}`);
    return ips.map((ip) => ({ host: formatIp(ip, 0, ip.length === 4 ? 4 : 16), port: Number(port) }));
  }
}

function hasAction<Action extends UdpResponse["action"]>(
  response: UdpResponse | undefined,
  action: Action,
): response is Answer<Action> {
  return response?.action === action;
}

function refusal(message: string): TrackerProtocolError {
  return new TrackerProtocolError("REFUSED", message);
}

function nameOf({ host, port }: SocketAddress): string {
  return `${host} ${port}`;
}

/** Path and query for BEP 41, where they say more than the customary ones. */
function urlDataOf(url: string): string {
  const { pathname, search } = new URL(url);
  const path = pathname + search;
  return path === "" || path === "/" || path === "/announce" ? "" : path;
}
