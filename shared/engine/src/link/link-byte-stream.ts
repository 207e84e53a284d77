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

const NOTHING = new Uint8Array(0);

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
  #heldBytes = 0;
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
      stream.#deliverHeld();
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
      onTaken: () => this.#tellDrained(),
    });
    this.#down = new LinkFlow<DownItem>(down, STREAM_FLOW, {
      onArrive: (payload, item) => this.#onArriveDown(payload, item),
      onTaken: () => this.#balanceInner(),
    });
    if (!isConnected) this.#up.block();
    inner.attach({
      onConnect: () => up.delay(() => down.delay(() => this.#onConnected())),
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
    const last = buffers.length - 1;
    for (const [index, buffer] of buffers.entries()) this.#up.send(buffer, index === last ? onSent : undefined);
    if (this.bufferedBytes > 0) this.#owesDrain = true;
  }

  pause(): void {
    this.#isPaused = true;
    this.#balanceInner();
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    // Not within the call, as if the bytes had just come.
    this.#downDirection.afterTurn(() => this.#deliverHeld());
    this.#balanceInner();
  }

  end(): void {
    if (this.#isClosing) return;
    this.#isClosing = true;
    this.#isPaused = false;
    this.#dropHeld();
    this.#up.send(NOTHING, "end");
  }

  destroy(error?: Error): void {
    if (this.#isClosed) return;
    this.#isClosing = true;
    this.#isClosed = true;
    this.#dropHeld();
  }
}
