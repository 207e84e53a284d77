import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { once } from "node:events";
import { isIPv6 } from "node:net";
import { isWithoutIpv6, listenError } from "@swarmlab/telemetry/http-server";
import { compactPeerBytes } from "@swarmlab/tracker-protocol/compact-peers";
import { parseIp } from "@swarmlab/tracker-protocol/ip-address";
import {
  parseUdpRequest,
  type UdpAnnounceRequest,
  type UdpRequest,
} from "@swarmlab/tracker-protocol/udp-request";
import {
  udpAnnounceHeadBytes,
  writeUdpAnnounceHead,
  writeUdpConnectResponse,
  writeUdpError,
  writeUdpScrapeResponse,
} from "@swarmlab/tracker-protocol/udp-response";
import type { AnnounceService } from "../announce-service.js";
import type { TrackerCounters } from "../tracker-counters.js";
import type { ConnectionIds } from "./connection-ids.js";

export interface UdpServerOptions {
  readonly service: AnnounceService;
  readonly counters: TrackerCounters;
  readonly connectionIds: ConnectionIds;
}

/** Answers stay below what any path carries in one datagram (IPv6 over a tunnel). */
const maxAnswerBytes = 1400;
const socketBufferBytes = 4 * 1024 * 1024;

/** Answers announces and scrapes over UDP (BEP 15) on one socket of each family. */
export class UdpServer {
  readonly #options: UdpServerOptions;
  readonly #sockets: Socket[] = [];
  #answer = Buffer.alloc(maxAnswerBytes);

  constructor(options: UdpServerOptions) {
    this.#options = options;
  }

  /** Listens on an IP literal (`::` takes both families) and a port (0 picks one). Rejects with a ListenError. */
  async listen(host: string, port: number): Promise<number> {
    if (host !== "::") return this.#bind(host, port);
    const bound = await this.#bind("0.0.0.0", port);
    try {
      await this.#bind("::", bound);
    } catch (error) {
      const isIpv4Host = error instanceof Error && isWithoutIpv6(error.cause);
      if (!isIpv4Host) throw error;
    }
    return bound;
  }

  async close(): Promise<void> {
    await Promise.all(
      this.#sockets.splice(0).map((socket) => new Promise<void>((resolve) => socket.close(() => resolve()))),
    );
  }

  async #bind(host: string, port: number): Promise<number> {
    const family = isIPv6(host) ? 6 : 4;
    const socket = createSocket({
      type: family === 6 ? "udp6" : "udp4",
      ipv6Only: family === 6,
      recvBufferSize: socketBufferBytes,
      sendBufferSize: socketBufferBytes,
      // Answers go to literals: nothing is ever looked up.
      lookup: (literal, _options, callback) => callback(null, literal, family),
    });
    try {
      // Listened for before it is asked for: without a lookup to wait for, it happens within `bind`.
      const listening = once(socket, "listening");
      socket.bind({ address: host, port });
      await listening;
    } catch (error) {
      socket.close();
      throw listenError(error, host, port);
    }
    this.#sockets.push(socket);
    // From here on, errors are about single datagrams, which UDP may lose.
    socket.on("error", () => undefined);
    socket.on("message", (payload, from) => this.#receive(socket, payload, from));
    return socket.address().port;
  }

  #receive(socket: Socket, payload: Buffer, from: RemoteInfo): void {
    const request = parseUdpRequest(payload);
    const ip = parseIp(from.address);
    if (request === undefined || ip === undefined || from.port === 0) return;
    const size = this.#respond(request, ip);
    socket.send(this.#answer, 0, size, from.port, from.address);
    // A datagram that the system did not take at once still lies in this memory.
    if (socket.getSendQueueCount() > 0) this.#answer = Buffer.alloc(maxAnswerBytes);
  }

  /** Writes the answer and returns its size; to an address that has not proved itself, never more than it sent. */
  #respond(request: UdpRequest, ip: Uint8Array): number {
    const { connectionIds, counters, service } = this.#options;
    const { transactionId } = request;
    if (request.action === "connect") {
      counters.udpConnects++;
      return writeUdpConnectResponse(this.#answer, transactionId, connectionIds.issue(ip));
    }
    if (!connectionIds.accepts(request.connectionId, ip)) {
      counters.connectionIdRefusals++;
      return writeUdpError(this.#answer, transactionId, "bad connection id");
    }
    switch (request.action) {
      case "invalid":
        counters.failures.udp.MALFORMED++;
        return writeUdpError(this.#answer, transactionId, request.message);
      case "announce":
        return this.#announce(request, ip);
      case "scrape":
        return writeUdpScrapeResponse(this.#answer, transactionId, service.scrape("udp", request.infoHashes));
    }
  }

  #announce(request: UdpAnnounceRequest, ip: Uint8Array): number {
    const { service, counters } = this.#options;
    const startMs = counters.announceTime.start();
    const stride = compactPeerBytes[ip.length === 4 ? "ipv4" : "ipv6"];
    const room = Math.floor((maxAnswerBytes - udpAnnounceHeadBytes) / stride);
    const answer = service.announce("udp", request, ip, room);
    if (answer.kind === "refusal") return writeUdpError(this.#answer, request.transactionId, answer.message);
    const peers = ip.length === 4 ? answer.ipv4 : answer.ipv6;
    const { seeders, leechers } = answer;
    const head = { intervalSeconds: service.intervalSeconds, seeders, leechers };
    const size = writeUdpAnnounceHead(this.#answer, request.transactionId, head);
    this.#answer.set(peers, size);
    counters.announceTime.end(startMs);
    return size + peers.length;
  }
}
