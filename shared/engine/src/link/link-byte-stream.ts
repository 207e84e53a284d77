import { FRAME_BYTES, FRAME_PAYLOAD_BYTES } from "@swarmlab/scenario/frame";
import type { ByteStream, ByteStreamHandler, SocketAddress } from "../ports/network.js";
import type { LinkDirection } from "./link-direction.js";
import { type FlowSettings, LinkFlow } from "./link-flow.js";

/** Small messages share frames with others, so a stream is reckoned in full frames throughout. */
const STREAM_FLOW: FlowSettings = {
  isStream: true,
  wireFactor: FRAME_BYTES / FRAME_PAYLOAD_BYTES,
  wireOverheadBytes: 0,
};

/** A stream gets no more turns while the network underneath holds this much of it. */
const MAX_UNSENT_BYTES = 256 * 1024;

const NOTHING = [new Uint8Array(0)];

/** What goes up the line with the bytes: whom to tell, or what to do when all before it has arrived. */
type UpItem = (() => void) | "end" | "destroy" | undefined;
/** What comes down with the bytes: nothing, or the end of the stream. */
type DownItem = { readonly error: Error | undefined } | undefined;

/** A stream of another network behind an emulated link. */
export class LinkByteStream implements ByteStream {
  readonly #inner: ByteStream;
  readonly #upDirection: LinkDirection;
  readonly #downDirection: LinkDirection;
  readonly #up: LinkFlow<UpItem>;
  readonly #down: LinkFlow<DownItem>;
  #handler: ByteStreamHandler | undefined;

  /** For the other side of the emulated TCP handshake; see `accept`. */
  #owesHandshakeDelay = false;
  #isConnected: boolean;
  #isInnerClosed = false;
  #isClosing = false;
  #isClosed = false;
  #isPaused = false;
  #isInnerPaused = false;
  #owesDrain = false;

  // What has come up the line in this turn, to go on in one write.
  #arrivedUp: Uint8Array[] = [];
  #arrivedUpItems: (() => void)[] = [];
  // What has come down the line while there was nobody to take it.
  readonly #held: Uint8Array[] = [];
  #heldEnd: DownItem;

  /**
   * An outgoing stream, fresh from `connect` of the network underneath. That it is connected is known one round trip of
   * the link later: SYN up, SYN/ACK down.
   */
  static connect(inner: ByteStream, up: LinkDirection, down: LinkDirection): LinkByteStream {
    return new LinkByteStream(inner, up, down, false);
  }

  /**
   * An accepted stream, handed on when the last part of the TCP handshake would have crossed the link. The one who
   * connected cannot know of this link's share in the handshake, so its first bytes come later by as much.
   */
  static accept(
    inner: ByteStream,
    up: LinkDirection,
    down: LinkDirection,
    onStream: (stream: LinkByteStream) => void,
  ): void {
    const stream = new LinkByteStream(inner, up, down, true);
    if (up.isTransparent && down.isTransparent) {
      onStream(stream);
      return;
    }
    stream.#owesHandshakeDelay = true;
    const hand = (): void => {
      onStream(stream);
      stream.#giveHeld();
    };
    down.delay(() => up.delay(() => down.delay(hand)));
  }

  private constructor(inner: ByteStream, up: LinkDirection, down: LinkDirection, isConnected: boolean) {
    this.#inner = inner;
    this.#upDirection = up;
    this.#downDirection = down;
    this.#isConnected = isConnected;
    this.#up = new LinkFlow<UpItem>(up, STREAM_FLOW, {
      onArrive: (payload, item) => this.#onArriveUp(payload, item),
      onArrivalsEnd: () => this.#passOn(),
      onTaken: () => {
        this.#balanceUp();
        this.#tellDrained();
      },
    });
    this.#down = new LinkFlow<DownItem>(down, STREAM_FLOW, {
      onArrive: (payload, item) => this.#onArriveDown(payload, item),
      onTaken: () => this.#balanceInner(),
      onArrivalsEnd: () => this.#balanceInner(),
    });
    if (!isConnected) this.#up.block();
    inner.attach({
      onConnect: () => {
        if (up.isTransparent && down.isTransparent) this.#onConnected();
        else up.delay(() => down.delay(() => this.#onConnected()));
      },
      onData: (chunk) => this.#onInnerData(chunk),
      onDrain: () => this.#onInnerDrain(),
      onClose: (error) => this.#onInnerClose(error),
    });
  }

  get remote(): SocketAddress {
    return this.#inner.remote;
  }

  get local(): SocketAddress | undefined {
    return this.#inner.local;
  }

  /** What waits for the line, and what has passed it and waits underneath. What is on its way is the network's. */
  get bufferedBytes(): number {
    return this.#isInnerClosed ? 0 : this.#up.queuedBytes + this.#inner.bufferedBytes;
  }

  attach(handler: ByteStreamHandler): void {
    this.#handler = handler;
  }

  write(buffers: readonly Uint8Array[], onSent?: () => void): void {
    if (this.#isClosing || this.#isInnerClosed || buffers.length === 0) {
      if (onSent) queueMicrotask(onSent);
      return;
    }
    if (this.#upDirection.isTransparent && this.#up.isIdle && this.#isConnected) {
      this.#inner.write(buffers, onSent);
    } else {
      this.#up.send(buffers, onSent);
    }
    if (this.bufferedBytes > 0) this.#owesDrain = true;
  }

  pause(): void {
    this.#isPaused = true;
    this.#balanceInner();
  }

  resume(): void {
    this.#isPaused = false;
    if (this.#held.length > 0 || this.#heldEnd) this.#downDirection.soon(() => this.#giveHeld());
    this.#balanceInner();
  }

  end(): void {
    if (this.#isClosing) return;
    this.#isClosing = true;
    this.#up.send(NOTHING, "end");
    this.resume();
  }

  destroy(error?: Error): void {
    if (this.#isClosed) return;
    this.#isClosing = true;
    this.#isClosed = true;
    this.#held.length = 0;
    this.#down.clear();
    this.#dropUp();
    if (this.#isConnected) {
      // What is on its way still arrives, and then the end.
      this.#up.send(NOTHING, "destroy");
      this.#balanceUp();
    } else {
      this.#inner.destroy();
    }
    this.#downDirection.soon(() => this.#handler?.onClose(error));
  }

  #onConnected(): void {
    if (this.#isClosed) return;
    this.#isConnected = true;
    if (!this.#isClosing) this.#handler?.onConnect?.();
    this.#balanceUp();
    this.#giveHeld();
  }

  #onArriveUp(payload: Uint8Array, item: UpItem): void {
    if (payload.length > 0) this.#arrivedUp.push(payload);
    if (typeof item === "function") this.#arrivedUpItems.push(item);
    else if (item === "end") {
      this.#passOn();
      this.#inner.end();
    } else if (item === "destroy") {
      this.#passOn();
      // Not before the network underneath has had a chance to send what came just now.
      this.#upDirection.soon(() => this.#inner.destroy());
    }
  }

  #passOn(): void {
    const items = this.#arrivedUpItems;
    if (this.#arrivedUp.length > 0 || items.length > 0) {
      this.#inner.write(this.#arrivedUp, items.length === 0 ? undefined : () => callAll(items));
      this.#arrivedUp = [];
      this.#arrivedUpItems = [];
      if (this.#inner.bufferedBytes > 0) this.#owesDrain = true;
    }
    this.#balanceUp();
  }

  #onInnerDrain(): void {
    this.#balanceUp();
    this.#tellDrained();
  }

  /** Gives up the turns on the line while too much of the stream is ahead already, but never after `destroy`. */
  #balanceUp(): void {
    const isTooMuch =
      this.#inner.bufferedBytes > MAX_UNSENT_BYTES ||
      this.#up.inFlightBytes > this.#upDirection.flightLimitBytes;
    if (!this.#isClosed && (isTooMuch || !this.#isConnected)) this.#up.block();
    else this.#up.unblock();
  }

  #tellDrained(): void {
    if (!this.#owesDrain || this.#isClosing || this.bufferedBytes > 0) return;
    this.#owesDrain = false;
    this.#handler?.onDrain?.();
  }

  #onInnerData(chunk: Uint8Array): void {
    if (this.#isClosing) return;
    if (this.#owesHandshakeDelay) {
      this.#owesHandshakeDelay = false;
      const { nowMs, delayMs } = this.#downDirection;
      this.#down.holdUntil(nowMs + delayMs + this.#upDirection.delayMs + delayMs);
    }
    if (this.#downDirection.isTransparent && this.#down.isIdle && this.#mayGive) {
      this.#handler?.onData(chunk);
      return;
    }
    // The memory of a chunk is used again; this is the one copy.
    this.#down.send([new Uint8Array(chunk)], undefined);
    this.#balanceInner();
  }

  #onInnerClose(error: Error | undefined): void {
    this.#isInnerClosed = true;
    this.#dropUp();
    if (this.#isClosed) return;
    if (this.#isConnected) this.#down.send(NOTHING, { error });
    else this.#downDirection.delay(() => this.#finish(error));
  }

  get #mayGive(): boolean {
    return this.#isConnected && this.#handler !== undefined && !this.#isPaused && this.#held.length === 0;
  }

  #onArriveDown(payload: Uint8Array, end: DownItem): void {
    if (this.#isClosed) return;
    if (end) {
      this.#heldEnd = end;
      this.#giveHeld();
    } else if (this.#isClosing) {
      return;
    } else if (this.#mayGive) {
      this.#handler?.onData(payload);
    } else {
      this.#held.push(payload);
    }
  }

  #giveHeld(): void {
    while (!this.#isPaused && !this.#isClosing && this.#isConnected && this.#handler) {
      const payload = this.#held.shift();
      if (payload === undefined) break;
      this.#handler.onData(payload);
    }
    const isEmpty = this.#isClosing || this.#held.length === 0;
    if (this.#heldEnd && isEmpty && !this.#isPaused && this.#handler) this.#finish(this.#heldEnd.error);
  }

  #finish(error: Error | undefined): void {
    if (this.#isClosed) return;
    this.#isClosing = true;
    this.#isClosed = true;
    this.#dropUp();
    this.#handler?.onClose(error);
  }

  #dropUp(): void {
    const dropped = this.#up.clear().filter((item) => typeof item === "function");
    if (dropped.length > 0) queueMicrotask(() => callAll(dropped));
  }

  /** Holds the network underneath back while too much of the stream is here, or nobody wants it. */
  #balanceInner(): void {
    if (this.#isInnerClosed) return;
    const { queueLimitBytes, flightLimitBytes } = this.#downDirection;
    const isOver = (factor: number): boolean =>
      this.#down.queuedBytes > queueLimitBytes * factor ||
      this.#down.inFlightBytes > flightLimitBytes * factor;
    if (!this.#isInnerPaused) {
      const mustPause = !this.#isClosing && (this.#isPaused || isOver(1));
      if (!mustPause) return;
      this.#isInnerPaused = true;
      this.#inner.pause();
    } else if (this.#isClosing || !(this.#isPaused || isOver(0.5))) {
      this.#isInnerPaused = false;
      this.#inner.resume();
    }
  }
}

function callAll(callbacks: readonly (() => void)[]): void {
  for (const callback of callbacks) callback();
}
