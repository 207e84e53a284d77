import {
  createServer as createHttpServer,
  type Server as HttpServer,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from "node:http";
import { createServer, type Server, type Socket } from "node:net";
import { listen } from "@swarmlab/telemetry/http-server";
import { parseIp } from "@swarmlab/tracker-protocol/ip-address";
import type { AnnounceAnswer } from "./announce-answer.js";
import { ResponseBuffer } from "./response-buffer.js";
import { TrackerConnection } from "./tracker-connection.js";

export interface TrackerHttpServerOptions {
  readonly answers: AnnounceAnswer;
  /** Serves everything but announces and scrapes. */
  readonly fallback: RequestListener;
  /** More are closed at once. */
  readonly maxConnections: number;
  /** A connection without a whole request for so long is closed. Default 20 s. */
  readonly idleMs?: number;
}

const defaultIdleMs = 20_000;
const fallbackRequestTimeoutMs = 60_000;

/**
 * The tracker's HTTP side. Announces and scrapes are read from the connection by hand, which is more than twice as
 * fast as a full HTTP server; a connection that asks for anything else goes over to one, on the same port.
 */
export class TrackerHttpServer {
  readonly #options: TrackerHttpServerOptions;
  readonly #server: Server;
  readonly #fallback: HttpServer;
  readonly #connections = new Set<TrackerConnection>();
  readonly #sockets = new Set<Socket>();
  readonly #responses = new ResponseBuffer();
  readonly #idleMs: number;
  #idleTimer: NodeJS.Timeout | undefined;

  constructor(options: TrackerHttpServerOptions) {
    this.#options = options;
    this.#idleMs = options.idleMs ?? defaultIdleMs;
    const timeouts = {
      headersTimeout: this.#idleMs,
      requestTimeout: Math.max(fallbackRequestTimeoutMs, this.#idleMs),
      connectionsCheckingInterval: this.#idleMs / 2,
    };
    this.#fallback = createHttpServer(timeouts, (request, response) => this.#serve(request, response));
    this.#server = createServer({ noDelay: true }, (socket) => this.#accept(socket));
    this.#server.maxConnections = options.maxConnections;
  }

  /** Listens on an IP literal (`::` takes both families) and a port (0 picks one). Rejects with a ListenError. */
  async listen(host: string, port: number): Promise<number> {
    const address = await listen(this.#server, host, port);
    // It gets its connections from us, but starts to watch its time-outs only when told that it listens.
    this.#fallback.emit("listening");
    // One timer looks after all connections: none is due more than twice its time after its last request.
    this.#idleTimer = setInterval(() => this.#closeIdle(), this.#idleMs);
    return address.port;
  }

  /** Stops accepting, and cuts what is still there after `graceMs`. */
  async close(graceMs: number): Promise<void> {
    clearInterval(this.#idleTimer);
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const { socket } of this.#connections) socket.end();
    this.#fallback.closeIdleConnections();
    const timer = setTimeout(() => {
      for (const socket of this.#sockets) socket.destroy();
    }, graceMs);
    await closed;
    clearTimeout(timer);
    this.#fallback.close();
  }

  #accept(socket: Socket): void {
    const ip = parseIp(socket.remoteAddress ?? "");
    if (ip === undefined) {
      // Gone before it was looked at.
      socket.destroy();
      return;
    }
    const connection = new TrackerConnection(socket, ip, {
      answers: this.#options.answers,
      responses: this.#responses,
      handOver: (from, bytes) => this.#handOver(from, bytes),
    });
    this.#connections.add(connection);
    this.#sockets.add(socket);
    socket.once("close", () => {
      this.#connections.delete(connection);
      this.#sockets.delete(socket);
    });
  }

  #handOver(connection: TrackerConnection, bytes: Buffer): void {
    connection.release();
    this.#connections.delete(connection);
    this.#fallback.emit("connection", connection.socket);
    connection.socket.unshift(bytes);
  }

  /** A client may keep its connection to the API and announce over it, too. */
  #serve(request: IncomingMessage, response: ServerResponse): void {
    const kind = /^\/(announce|scrape)(?:$|\?)/.exec(request.url ?? "")?.[1];
    const ip = parseIp(request.socket.remoteAddress ?? "");
    if (request.method !== "GET" || (kind !== "announce" && kind !== "scrape") || ip === undefined) {
      this.#options.fallback(request, response);
      return;
    }
    const url = Buffer.from(request.url ?? "", "latin1");
    const queryStart = Math.min(`/${kind}?`.length, url.length);
    const body = this.#options.answers[kind](url, queryStart, url.length, ip);
    // The answer's memory is used again: this one has to wait for its turn.
    response
      .writeHead(200, { "content-type": "text/plain", "content-length": body.length })
      .end(Buffer.from(body));
  }

  #closeIdle(): void {
    for (const connection of this.#connections) {
      if (!connection.isActive) connection.socket.destroy();
      connection.isActive = false;
    }
  }
}
