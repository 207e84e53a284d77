import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { isIP } from "node:net";
import type { DatagramSocket, SocketAddress } from "../ports/network.js";
import { withoutIpv4Mapping } from "./host-address.js";

/** A UDP socket of `node:dgram`. One that is bound to `::` serves IPv4 as well. */
export class NodeDatagramSocket implements DatagramSocket {
  onMessage: ((payload: Uint8Array, from: SocketAddress) => void) | undefined;
  readonly address: SocketAddress;
  readonly #socket: Socket;
  readonly #isIpv6: boolean;
  #closed: Promise<void> | undefined;

  /** Rejects with the system's error, for example EADDRINUSE. */
  static async open(address: SocketAddress): Promise<NodeDatagramSocket> {
    const isIpv6 = isIP(address.host) === 6;
    const socket = createSocket({
      type: isIpv6 ? "udp6" : "udp4",
      // Addresses are literals: nothing is ever looked up.
      lookup: (host, _options, callback) => callback(null, host, isIpv6 ? 6 : 4),
    });
    const listening = once(socket, "listening");
    socket.bind(address.port, address.host);
    await listening;
    return new NodeDatagramSocket(socket, isIpv6);
  }

  private constructor(socket: Socket, isIpv6: boolean) {
    this.#socket = socket;
    this.#isIpv6 = isIpv6;
    const { address, port } = socket.address();
    this.address = { host: address, port };
    // After binding, errors tell of single datagrams (for example ICMP port unreachable): they count as lost.
    socket.on("error", () => {});
    socket.on("message", (payload, from) => {
      if (this.#closed) return;
      this.onMessage?.(payload, { host: withoutIpv4Mapping(from.address), port: from.port });
    });
  }

  send(payload: Uint8Array, to: SocketAddress): void {
    const version = isIP(to.host);
    if (this.#closed || to.port < 1 || to.port > 65_535 || version === 0) return;
    if (!this.#isIpv6 && version === 6) return;
    const host = this.#isIpv6 && version === 4 ? `::ffff:${to.host}` : to.host;
    this.#socket.send(payload, to.port, host, () => {});
  }

  close(): Promise<void> {
    this.#closed ??= new Promise((resolve) => this.#socket.close(resolve));
    return this.#closed;
  }
}
