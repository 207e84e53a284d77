import { Duplex } from "node:stream";
import type { ByteStream, SocketAddress } from "../ports/network.js";

/**
 * A byte stream as a Node stream, for code that wants one (HTTP, TLS). It connects to the first of the addresses that
 * answers; what is written meanwhile waits.
 */
export class ByteStreamDuplex extends Duplex {
  readonly #findAddresses: () => Promise<readonly SocketAddress[]>;
  readonly #connect: (address: SocketAddress) => ByteStream;
  readonly #signal: AbortSignal;
  #stream: ByteStream | undefined;
  #isClosed = false;
  #onClosed: (() => void) | undefined;

  /** `signal` ends the attempts to connect. */
  constructor(
    findAddresses: () => Promise<readonly SocketAddress[]>,
    connect: (address: SocketAddress) => ByteStream,
    signal: AbortSignal,
  ) {
    super({ allowHalfOpen: false });
    this.#findAddresses = findAddresses;
    this.#connect = connect;
    this.#signal = signal;
  }

  override _construct(callback: (error?: Error | null) => void): void {
    this.#connectToAny().then(() => callback(), callback);
  }

  async #connectToAny(): Promise<void> {
    let lastError = new Error("the host has no address");
    for (const address of await this.#findAddresses()) {
      this.#signal.throwIfAborted();
      const outcome = await this.#connectTo(address);
      if (outcome === undefined) return;
      lastError = outcome;
    }
    throw lastError;
  }

  /** Resolves with the error when there is no connection. */
  #connectTo(address: SocketAddress): Promise<Error | undefined> {
    return new Promise((resolve) => {
      const stream = this.#connect(address);
      const abandon = (): void => stream.destroy();
      this.#signal.addEventListener("abort", abandon, { once: true });
      stream.attach({
        onConnect: () => {
          this.#signal.removeEventListener("abort", abandon);
          this.#stream = stream;
          resolve(undefined);
        },
        onData: (chunk) => {
          if (!this.push(Buffer.from(chunk))) stream.pause();
        },
        onClose: (error) => {
          this.#signal.removeEventListener("abort", abandon);
          if (this.#stream === stream) this.#close(error);
          else resolve(error ?? new Error("closed before it was connected"));
        },
      });
    });
  }

  #close(error: Error | undefined): void {
    this.#isClosed = true;
    if (this.#onClosed) this.#onClosed();
    else if (error) this.destroy(error);
    else this.push(null);
  }

  // What HTTP clients ask of a socket besides; the streams of a Network are set up already, and who made the request
  // watches its time.
  setTimeout(): this {
    return this;
  }

  setNoDelay(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  override _read(): void {
    this.#stream?.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: (error?: Error) => void): void {
    this.#stream?.write([chunk], () => callback());
  }

  override _writev(chunks: { chunk: Buffer }[], callback: (error?: Error) => void): void {
    this.#stream?.write(
      chunks.map(({ chunk }) => chunk),
      () => callback(),
    );
  }

  override _final(callback: (error?: Error) => void): void {
    this.#stream?.end();
    callback();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    if (this.#stream === undefined || this.#isClosed) {
      callback(error);
      return;
    }
    this.#onClosed = () => callback(error);
    this.#stream.destroy();
  }
}
