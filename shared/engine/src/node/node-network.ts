import { lookup } from "node:dns/promises";
import { once } from "node:events";
import { createServer, isIP, type Server, type Socket, connect as tcpConnect } from "node:net";
import type {
  ByteStream,
  DatagramSocket,
  HttpGetOptions,
  HttpResponse,
  Listener,
  Network,
  SocketAddress,
} from "../ports/network.js";
import { openWithIpv4Fallback, withoutIpv4Mapping } from "./host-address.js";
import { NodeByteStream } from "./node-byte-stream.js";
import { NodeDatagramSocket } from "./node-datagram-socket.js";

const RECEIVE_BUFFER_BYTES = 256 * 1024;

/** The system's network, through Node. Listening on `::` takes IPv4 connections as well. */
export class NodeNetwork implements Network {
  // One for all outgoing connections: the system reads into it and hands the bytes on in the same call, so it is free
  // again before the next connection is read. Faster than a fresh buffer for every read.
  readonly #receiveBuffer = new Uint8Array(RECEIVE_BUFFER_BYTES);

  connect(address: SocketAddress): ByteStream {
    const buffer = this.#receiveBuffer;
    const socket: Socket = tcpConnect({
      host: address.host,
      port: address.port,
      noDelay: true,
      onread: {
        buffer,
        callback: (bytes) => {
          stream.deliver(new Uint8Array(buffer.buffer, 0, bytes));
          return true;
        },
      },
    });
    const stream = new NodeByteStream(socket, address);
    return stream;
  }

  async listen(address: SocketAddress, onStream: (stream: ByteStream) => void): Promise<Listener> {
    const server = createServer({ noDelay: true });
    server.on("connection", (socket) => {
      const stream = acceptedStream(socket);
      if (stream) onStream(stream);
    });
    const bound = await openWithIpv4Fallback(address, (candidate) => listenOn(server, candidate));
    // A connection that cannot be accepted (for example EMFILE) is one that was not made; the next may do.
    server.on("error", () => {});
    return {
      address: bound,
      // Its callback would wait for the accepted streams; the port itself is free at once.
      close: async () => void server.close(),
    };
  }

  openDatagramSocket(address: SocketAddress): Promise<DatagramSocket> {
    return openWithIpv4Fallback(address, (candidate) => NodeDatagramSocket.open(candidate));
  }

  async resolve(hostName: string, signal: AbortSignal): Promise<string[]> {
    signal.throwIfAborted();
    if (isIP(hostName) !== 0) return [hostName];
    const found = lookup(hostName, { all: true });
    const addresses = await Promise.race([found, rejectionOf(signal, found)]);
    return addresses.map(({ address }) => address);
  }

  async httpGet(url: string, options: HttpGetOptions): Promise<HttpResponse> {
    // The HTTP client is large; a program that asks nobody over HTTP starts without it.
    const { httpGet } = await import("./http-get.js");
    return httpGet(url, options, (hostName, signal) => this.resolve(hostName, signal));
  }
}

function acceptedStream(socket: Socket): ByteStream | undefined {
  const { remoteAddress, remotePort } = socket;
  if (remoteAddress === undefined || remotePort === undefined) {
    // Gone before it was accepted.
    socket.destroy();
    return undefined;
  }
  const stream = new NodeByteStream(socket, { host: withoutIpv4Mapping(remoteAddress), port: remotePort });
  socket.on("data", (chunk: Buffer) => stream.deliver(chunk));
  return stream;
}

async function listenOn(server: Server, address: SocketAddress): Promise<SocketAddress> {
  server.listen({ host: address.host, port: address.port });
  await once(server, "listening");
  const bound = server.address();
  if (bound === null || typeof bound === "string") throw new Error("a TCP listener without an address");
  return { host: bound.address, port: bound.port };
}

/** Rejects once `signal` aborts, unless `task` has settled before. */
function rejectionOf(signal: AbortSignal, task: Promise<unknown>): Promise<never> {
  return new Promise((_resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    const settle = (): void => signal.removeEventListener("abort", abort);
    task.then(settle, settle);
  });
}
