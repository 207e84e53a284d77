import { isIP } from "node:net";
import type { Clock } from "../ports/clock.js";
import type {
  ByteStream,
  DatagramSocket,
  HttpGetOptions,
  HttpResponse,
  Listener,
  Network,
  SocketAddress,
} from "../ports/network.js";
import { VirtualByteStream } from "./virtual-byte-stream.js";
import { VirtualNetworkError } from "./virtual-error.js";
import { virtualHttpGet } from "./virtual-http.js";

const FIRST_EPHEMERAL_PORT = 49_152;

/** An internet in memory: hosts that reach each other at once; wrap a host in a LinkNetwork to give it a line. */
export class VirtualWorld {
  readonly #clock: Clock;
  readonly #hosts = new Map<string, VirtualHost>();
  readonly #names = new Map<string, readonly string[]>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The network of the host at `address`, an IP literal. */
  host(address: string): Network {
    let host = this.#hosts.get(address);
    if (host === undefined) {
      host = new VirtualHost(this.#clock, address, this.#hosts, this.#names);
      this.#hosts.set(address, host);
    }
    return host;
  }

  /** Makes a host name resolve to `addresses`. */
  setName(name: string, addresses: readonly string[]): void {
    this.#names.set(name, addresses);
  }
}

class VirtualHost implements Network {
  readonly #clock: Clock;
  readonly #address: string;
  readonly #hosts: ReadonlyMap<string, VirtualHost>;
  readonly #names: ReadonlyMap<string, readonly string[]>;
  readonly #listeners = new Map<number, (stream: ByteStream) => void>();
  readonly #datagramSockets = new Map<number, VirtualDatagramSocket>();
  #nextPort = FIRST_EPHEMERAL_PORT;

  constructor(
    clock: Clock,
    address: string,
    hosts: ReadonlyMap<string, VirtualHost>,
    names: ReadonlyMap<string, readonly string[]>,
  ) {
    this.#clock = clock;
    this.#address = address;
    this.#hosts = hosts;
    this.#names = names;
  }

  connect(address: SocketAddress): ByteStream {
    const local = { host: this.#address, port: this.#nextPort++ };
    const stream = new VirtualByteStream(this.#clock, local, address);
    this.#clock.setTimer(0, () => {
      const onStream = this.#hosts.get(address.host)?.listenerOn(address.port);
      if (onStream === undefined) {
        const refusal = `nobody listens on ${address.host} port ${address.port}`;
        stream.destroy(new VirtualNetworkError("ECONNREFUSED", refusal));
        return;
      }
      const accepted = new VirtualByteStream(this.#clock, address, local);
      VirtualByteStream.join(stream, accepted);
      onStream(accepted);
      stream.open();
    });
    return stream;
  }

  async listen(address: SocketAddress, onStream: (stream: ByteStream) => void): Promise<Listener> {
    const port = this.#freePort(address.port, this.#listeners);
    this.#listeners.set(port, onStream);
    return {
      address: { host: address.host, port },
      close: async () => void this.#listeners.delete(port),
    };
  }

  async openDatagramSocket(address: SocketAddress): Promise<DatagramSocket> {
    const port = this.#freePort(address.port, this.#datagramSockets);
    const from = { host: this.#address, port };
    const socket = new VirtualDatagramSocket(
      from,
      (payload, to) => {
        const copy = Uint8Array.from(payload);
        this.#clock.setTimer(0, () => {
          this.#hosts.get(to.host)?.datagramSocketOn(to.port)?.onMessage?.(copy, from);
        });
      },
      () => this.#datagramSockets.delete(port),
    );
    this.#datagramSockets.set(port, socket);
    return socket;
  }

  async resolve(hostName: string, signal: AbortSignal): Promise<string[]> {
    signal.throwIfAborted();
    if (isIP(hostName) !== 0) return [hostName];
    const addresses = this.#names.get(hostName);
    if (addresses === undefined) throw new VirtualNetworkError("ENOTFOUND", `no host is called ${hostName}`);
    return [...addresses];
  }

  httpGet(url: string, options: HttpGetOptions): Promise<HttpResponse> {
    return virtualHttpGet(this.#clock, this, url, options);
  }

  listenerOn(port: number): ((stream: ByteStream) => void) | undefined {
    return this.#listeners.get(port);
  }

  datagramSocketOn(port: number): DatagramSocket | undefined {
    return this.#datagramSockets.get(port);
  }

  #freePort(port: number, taken: ReadonlyMap<number, unknown>): number {
    if (port === 0) return this.#nextPort++;
    if (!taken.has(port)) return port;
    throw new VirtualNetworkError("EADDRINUSE", `port ${port} of ${this.#address} is taken`);
  }
}

class VirtualDatagramSocket implements DatagramSocket {
  onMessage: ((payload: Uint8Array, from: SocketAddress) => void) | undefined;
  readonly #onClose: () => void;
  #isClosed = false;

  constructor(
    readonly address: SocketAddress,
    readonly onSend: (payload: Uint8Array, to: SocketAddress) => void,
    onClose: () => void,
  ) {
    this.#onClose = onClose;
  }

  send(payload: Uint8Array, to: SocketAddress): void {
    if (!this.#isClosed) this.onSend(payload, to);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#onClose();
  }
}
