import type { Clock } from "../ports/clock.js";
import type { ByteStream, ByteStreamHandler, SocketAddress } from "../ports/network.js";

interface Pending {
  readonly buffers: readonly Uint8Array[];
  readonly onSent: (() => void) | undefined;
}

/** One end of a stream between two virtual hosts. Bytes take no time, but never arrive within the call that sent them. */
export class VirtualByteStream implements ByteStream {
  readonly remote: SocketAddress;
  readonly local: SocketAddress;
  readonly #clock: Clock;
  #peer: VirtualByteStream | undefined;
  #handler: ByteStreamHandler | undefined;
  #pending: Pending[] = [];
  #bufferedBytes = 0;
  #owesDrain = false;
  #isFlushScheduled = false;
  #isPaused = false;
  #isEnding = false;
  #isClosed = false;

  constructor(clock: Clock, local: SocketAddress, remote: SocketAddress) {
    this.#clock = clock;
    this.local = local;
    this.remote = remote;
  }

  /** Joins the two ends. */
  static join(a: VirtualByteStream, b: VirtualByteStream): void {
    a.#peer = b;
    b.#peer = a;
  }

  get bufferedBytes(): number {
    return this.#bufferedBytes;
  }

  attach(handler: ByteStreamHandler): void {
    this.#handler = handler;
  }

  /** The connection has been made. */
  open(): void {
    if (this.#isClosed) return;
    this.#handler?.onConnect?.();
    this.#scheduleFlush();
  }

  write(buffers: readonly Uint8Array[], onSent?: () => void): void {
    if (this.#isEnding || this.#isClosed) {
      if (onSent) queueMicrotask(onSent);
      return;
    }
    this.#pending.push({ buffers, onSent });
    for (const buffer of buffers) this.#bufferedBytes += buffer.length;
    this.#owesDrain ||= this.#bufferedBytes > 0;
    this.#scheduleFlush();
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    if (this.#peer) this.#peer.#scheduleFlush();
  }

  end(): void {
    this.#isEnding = true;
    this.resume();
    this.#scheduleFlush();
  }

  destroy(error?: Error): void {
    if (this.#isClosed) return;
    this.#close(error);
    const peer = this.#peer;
    if (peer) this.#clock.setTimer(0, () => peer.#close(undefined));
  }

  #scheduleFlush(): void {
    if (this.#isFlushScheduled) return;
    this.#isFlushScheduled = true;
    this.#clock.setTimer(0, () => {
      this.#isFlushScheduled = false;
      this.#flush();
    });
  }

  #flush(): void {
    const peer = this.#peer;
    if (peer === undefined) return;
    while (!peer.#isPaused && !this.#isClosed) {
      const next = this.#pending.shift();
      if (next === undefined) break;
      for (const buffer of next.buffers) {
        this.#bufferedBytes -= buffer.length;
        if (buffer.length > 0 && !peer.#isEnding && !peer.#isClosed) peer.#handler?.onData(buffer);
      }
      next.onSent?.();
    }
    if (this.#pending.length > 0 || this.#isClosed) return;
    if (this.#owesDrain) {
      this.#owesDrain = false;
      this.#handler?.onDrain?.();
    }
    if (this.#isEnding && this.#pending.length === 0 && !peer.#isPaused) {
      // The other side answers the end with its own, after what it still has to send, which nobody wants any more.
      this.#close(undefined);
      peer.#close(undefined);
    }
  }

  #close(error: Error | undefined): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const dropped = this.#pending;
    this.#pending = [];
    this.#bufferedBytes = 0;
    this.#clock.setTimer(0, () => {
      for (const { onSent } of dropped) onSent?.();
      this.#handler?.onClose(error);
    });
  }
}
