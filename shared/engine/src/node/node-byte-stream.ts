import type { Socket } from "node:net";
import type { ByteStream, ByteStreamHandler, SocketAddress } from "../ports/network.js";
import { withoutIpv4Mapping } from "./host-address.js";

/** How long after `end` the other side may keep the connection half open. */
const LINGER_MS = 5_000;

/** A TCP connection of `node:net`. */
export class NodeByteStream implements ByteStream {
  readonly remote: SocketAddress;
  readonly #socket: Socket;
  #handler: ByteStreamHandler | undefined;
  #error: Error | undefined;
  #isClosing = false;
  #owesDrain = false;
  #lingerTimeout: NodeJS.Timeout | undefined;

  constructor(socket: Socket, remote: SocketAddress) {
    this.#socket = socket;
    this.remote = remote;
    socket.once("connect", () => this.#handler?.onConnect?.());
    socket.on("error", (error) => {
      this.#error ??= error;
    });
    socket.once("close", () => {
      clearTimeout(this.#lingerTimeout);
      this.#handler?.onClose(this.#error);
    });
  }

  get local(): SocketAddress | undefined {
    const { localAddress, localPort } = this.#socket;
    if (localAddress === undefined || localPort === undefined) return undefined;
    return { host: withoutIpv4Mapping(localAddress), port: localPort };
  }

  get bufferedBytes(): number {
    return this.#socket.destroyed ? 0 : this.#socket.writableLength;
  }

  attach(handler: ByteStreamHandler): void {
    this.#handler = handler;
  }

  /** The network hands over what was read. */
  deliver(chunk: Uint8Array): void {
    if (!this.#isClosing) this.#handler?.onData(chunk);
  }

  write(buffers: readonly Uint8Array[], onSent?: () => void): void {
    const socket = this.#socket;
    const last = buffers.length - 1;
    if (this.#isClosing || socket.destroyed || !socket.writable || last < 0) {
      if (onSent) process.nextTick(onSent);
      return;
    }
    const onLastSent = (): void => {
      onSent?.();
      if (!this.#owesDrain || socket.destroyed || socket.writableLength > 0) return;
      this.#owesDrain = false;
      this.#handler?.onDrain?.();
    };
    if (last > 0) socket.cork();
    for (let i = 0; i < last; i++) socket.write(buffers[i] as Uint8Array);
    socket.write(buffers[last] as Uint8Array, onLastSent);
    if (last > 0) socket.uncork();
    if (socket.writableLength > 0) this.#owesDrain = true;
  }

  pause(): void {
    if (!this.#isClosing) this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  end(): void {
    if (this.#isClosing) return;
    this.#isClosing = true;
    // What still comes is read and dropped: closing with unread bytes would reset the connection and lose our last ones.
    this.#socket.resume();
    this.#socket.end(() => {
      this.#lingerTimeout = setTimeout(() => this.#socket.destroy(), LINGER_MS);
    });
  }

  destroy(error?: Error): void {
    this.#isClosing = true;
    this.#socket.destroy(error);
  }
}
