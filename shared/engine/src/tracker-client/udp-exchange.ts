import { formatIp, parseIp } from "@swarmlab/tracker-protocol/ip-address";
import { parseUdpResponse, type UdpResponse } from "@swarmlab/tracker-protocol/udp-response";
import type { Clock } from "../ports/clock.js";
import type { DatagramSocket, Network, SocketAddress } from "../ports/network.js";
import type { Random } from "../ports/random.js";

interface Pending {
  readonly to: SocketAddress;
  readonly settle: (response: UdpResponse) => void;
}

type Family = "ipv4" | "ipv6";

/** Sends one datagram and waits for its answer, over one socket of each family, opened when first needed. */
export class UdpExchange {
  readonly #network: Network;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #sockets = new Map<Family, Promise<DatagramSocket>>();
  readonly #pending = new Map<number, Pending>();

  constructor(options: { readonly network: Network; readonly clock: Clock; readonly random: Random }) {
    this.#network = options.network;
    this.#clock = options.clock;
    this.#random = options.random;
  }

  /**
   * The answer to what `encode` makes of a fresh transaction id; undefined when none comes in time. Only an answer
   * with that id from the very address that was asked counts. Rejects when aborted.
   */
  async request(
    to: SocketAddress,
    waitMs: number,
    signal: AbortSignal,
    encode: (transactionId: number) => Uint8Array,
  ): Promise<UdpResponse | undefined> {
    const socket = await this.#socket(to.host.includes(":") ? "ipv6" : "ipv4");
    signal.throwIfAborted();
    const transactionId = this.#freshTransactionId();
    return new Promise((resolve, reject) => {
      const end = () => {
        timer.cancel();
        signal.removeEventListener("abort", onAbort);
        this.#pending.delete(transactionId);
      };
      const onAbort = () => {
        end();
        reject(signal.reason);
      };
      const timer = this.#clock.setTimer(waitMs, () => {
        end();
        resolve(undefined);
      });
      const settle = (response: UdpResponse) => {
        end();
        resolve(response);
      };
      signal.addEventListener("abort", onAbort, { once: true });
      this.#pending.set(transactionId, { to, settle });
      socket.send(encode(transactionId), to);
    });
  }

  async close(): Promise<void> {
    const sockets = [...this.#sockets.values()];
    this.#sockets.clear();
    await Promise.allSettled(sockets.map(async (socket) => (await socket).close()));
  }

  #socket(family: Family): Promise<DatagramSocket> {
    const open = this.#sockets.get(family);
    if (open !== undefined) return open;
    const opening = this.#network.openDatagramSocket({ host: family === "ipv4" ? "0.0.0.0" : "::", port: 0 });
    const listening = opening.then((socket) => {
      socket.onMessage = (payload, from) => this.#receive(payload, from, family);
      return socket;
    });
    this.#sockets.set(family, listening);
    // A socket that could not be opened may be tried again.
    listening.catch(() => this.#sockets.delete(family));
    return listening;
  }

  #receive(payload: Uint8Array, from: SocketAddress, family: Family): void {
    const response = parseUdpResponse(payload, family);
    const pending = response === undefined ? undefined : this.#pending.get(response.transactionId);
    if (response !== undefined && pending !== undefined && isSame(from, pending.to)) pending.settle(response);
  }

  #freshTransactionId(): number {
    let id = this.#random.nextUint32();
    while (this.#pending.has(id)) id = this.#random.nextUint32();
    return id;
  }
}

/** `asked` is in our own spelling; `from` in that of the system, for example with a zone. */
function isSame(from: SocketAddress, asked: SocketAddress): boolean {
  if (from.port !== asked.port) return false;
  const ip = from.host === asked.host ? undefined : parseIp(from.host);
  return ip === undefined
    ? from.host === asked.host
    : formatIp(ip, 0, ip.length === 4 ? 4 : 16) === asked.host;
}
