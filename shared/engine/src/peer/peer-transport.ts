import { encodeHandshake, type Handshake, HandshakeReader } from "@swarmlab/wire/handshake";
import { MessageDecoder } from "@swarmlab/wire/message-decoder";
import type { MessageHandler } from "@swarmlab/wire/message-handler";
import type { Clock } from "../ports/clock.js";
import type { ByteStream, ByteStreamHandler, SocketAddress } from "../ports/network.js";
import { type RateLimiter, TURN_BYTES } from "../session/rate-limiter.js";
import { PeerError } from "./peer-error.js";

/** A peer for which so much waits does not read what it asked for. */
const MAX_WAITING_BYTES = 4 * 1024 * 1024;

/** What follows a handshake: who takes the messages, and how long they may be. */
export interface MessageReceiver {
  readonly handler: MessageHandler;
  readonly maxMessageBytes: number;
  /** All complete messages of a chunk have been handled. */
  onChunkHandled(): void;
  onDrain(): void;
  /** We had stopped reading, to keep to the download limit, and read on. */
  onReadOn(): void;
  onClose(error: Error | undefined): void;
}

export interface PeerTransportOptions {
  readonly clock: Clock;
  readonly downloadLimiter: RateLimiter;
  /** Connected: an outgoing transport may send its handshake. */
  onConnect?(transport: PeerTransport): void;
  /** The peer's handshake has come. Returns who takes the messages, or undefined to close. */
  onHandshake(transport: PeerTransport, handshake: Handshake): MessageReceiver | undefined;
  /** Closed before a receiver was named. */
  onEarlyClose(transport: PeerTransport, error: Error | undefined): void;
}

/** A connection to a peer: one handshake, then messages; small ones of the same turn leave in one write. */
export class PeerTransport implements ByteStreamHandler {
  readonly openedAtMs: number;
  lastReceivedAtMs: number;
  lastSentAtMs: number;
  receivedBytes = 0;
  sentBytes = 0;
  readonly #stream: ByteStream;
  readonly #options: PeerTransportOptions;
  readonly #reader = new HandshakeReader();
  #decoder: MessageDecoder | undefined;
  #receiver: MessageReceiver | undefined;
  #pending: Uint8Array[] = [];
  #pendingBytes = 0;
  #isFlushScheduled = false;
  #isClosed = false;
  #isPaused = false;
  /** What was charged to the download limit ahead of its coming. */
  #prepaidBytes = 0;

  constructor(stream: ByteStream, options: PeerTransportOptions) {
    this.#stream = stream;
    this.#options = options;
    this.openedAtMs = options.clock.nowMs();
    this.lastReceivedAtMs = this.openedAtMs;
    this.lastSentAtMs = this.openedAtMs;
    stream.attach(this);
  }

  get remote(): SocketAddress {
    return this.#stream.remote;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Whether the handshake is done. */
  get isOpen(): boolean {
    return this.#receiver !== undefined;
  }

  get bufferedBytes(): number {
    return this.#stream.bufferedBytes + this.#pendingBytes;
  }

  /** We do not read now, to keep to the download limit. */
  get isHeldBack(): boolean {
    return this.#isPaused;
  }

  sendHandshake(handshake: Handshake): void {
    this.send(encodeHandshake(handshake));
  }

  /** Sends a message with all others of this turn. The message's memory belongs to the transport. */
  send(message: Uint8Array): void {
    if (this.#isClosed) return;
    this.#pending.push(message);
    this.#pendingBytes += message.length;
    if (this.bufferedBytes > MAX_WAITING_BYTES) {
      this.close(new PeerError("PROTOCOL", "does not read what it is sent"));
      return;
    }
    if (this.#isFlushScheduled) return;
    this.#isFlushScheduled = true;
    queueMicrotask(() => this.#flush());
  }

  /** Sends the buffers behind all that was given to `send`, at once. */
  sendNow(buffers: readonly Uint8Array[], onSent: () => void): void {
    if (this.#isClosed) {
      onSent();
      return;
    }
    const all = this.#pending.length === 0 ? buffers : [...this.#pending, ...buffers];
    this.#pending = [];
    this.#pendingBytes = 0;
    this.#write(all, onSent);
  }

  close(error?: Error): void {
    if (this.#isClosed) return;
    this.#flush();
    this.#isClosed = true;
    this.#decoder?.stop();
    this.#stream.destroy(error);
  }

  onConnect(): void {
    this.#options.onConnect?.(this);
  }

  onData(chunk: Uint8Array): void {
    if (this.#isClosed) return;
    this.lastReceivedAtMs = this.#options.clock.nowMs();
    this.receivedBytes += chunk.length;
    try {
      this.#consume(chunk);
    } catch (error) {
      this.close(error instanceof Error ? error : new Error(String(error)));
      return;
    }
    this.#receiver?.onChunkHandled();
    this.#holdBack(chunk.length);
  }

  onDrain(): void {
    if (!this.#isClosed) this.#receiver?.onDrain();
  }

  onClose(error?: Error): void {
    this.#isClosed = true;
    this.#decoder?.stop();
    if (this.#receiver !== undefined) this.#receiver.onClose(error);
    else this.#options.onEarlyClose(this, error);
  }

  #consume(chunk: Uint8Array): void {
    let rest = chunk;
    if (this.#decoder === undefined) {
      rest = chunk.subarray(this.#reader.push(chunk));
      const handshake = this.#reader.handshake;
      if (handshake === undefined) return;
      this.#receiver = this.#options.onHandshake(this, handshake);
      if (this.#receiver === undefined) {
        this.close();
        return;
      }
      const { handler, maxMessageBytes } = this.#receiver;
      this.#decoder = new MessageDecoder(handler, { maxMessageBytes });
    }
    if (rest.length > 0 && !this.#isClosed) this.#decoder.push(rest);
  }

  /** Keeps to the download limit by leaving the rest to the network's flow control for a while. */
  #holdBack(bytes: number): void {
    const limiter = this.#options.downloadLimiter;
    limiter.charge(Math.max(0, bytes - this.#prepaidBytes));
    this.#prepaidBytes = Math.max(0, this.#prepaidBytes - bytes);
    if (this.#isPaused || this.#isClosed || !limiter.isOverdrawn) return;
    this.#isPaused = true;
    this.#stream.pause();
    limiter.whenAvailable(() => {
      this.#isPaused = false;
      if (this.#isClosed) return;
      // Paid for before it comes, so that not all who wait read on at once.
      this.#prepaidBytes = TURN_BYTES;
      limiter.charge(TURN_BYTES);
      this.lastReceivedAtMs = this.#options.clock.nowMs();
      this.#receiver?.onReadOn();
      this.#stream.resume();
    });
  }

  #flush(): void {
    this.#isFlushScheduled = false;
    if (this.#pending.length === 0 || this.#isClosed) return;
    const messages = this.#pending;
    this.#pending = [];
    this.#pendingBytes = 0;
    this.#write(messages);
  }

  #write(buffers: readonly Uint8Array[], onSent?: () => void): void {
    for (const buffer of buffers) this.sentBytes += buffer.length;
    this.lastSentAtMs = this.#options.clock.nowMs();
    this.#stream.write(buffers, onSent);
  }
}
