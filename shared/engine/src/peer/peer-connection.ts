import { Bitfield } from "@swarmlab/wire/bitfield";
import {
  EXTENDED_HANDSHAKE_ID,
  type ExtendedHandshake,
  encodeExtendedHandshake,
  encodeMetadataMessage,
  type MetadataMessage,
  parseExtendedHandshake,
  parseMetadataMessage,
} from "@swarmlab/wire/extension";
import { type Handshake, supportsExtensions, supportsFast } from "@swarmlab/wire/handshake";
import type { MessageHandler } from "@swarmlab/wire/message-handler";
import * as messages from "@swarmlab/wire/messages";
import { clientOfPeerId } from "@swarmlab/wire/peer-id";
import type { DownloadPeer } from "../download/download-peer.js";
import { InFlight } from "../download/in-flight.js";
import type { PieceDownload } from "../download/piece-download.js";
import type { PieceGeometry } from "../download/piece-geometry.js";
import { RequestWindow } from "../download/request-window.js";
import type { SocketAddress } from "../ports/network.js";
import type { ChokePeer } from "../upload/choker.js";
import { UploadQueue } from "../upload/upload-queue.js";
import type { UploadPeer } from "../upload/uploader.js";
import { EarlyPieces } from "./early-pieces.js";
import { PeerError } from "./peer-error.js";
import type { PeerListener } from "./peer-listener.js";
import type { MessageReceiver, PeerTransport } from "./peer-transport.js";
import { RateMeter } from "./rate-meter.js";

/** The id by which we want to receive `ut_metadata` messages (BEP 9). */
const METADATA_ID = 1;
const METADATA_NAME = "ut_metadata";
/** Requests that we queue for a peer (`reqq`). */
const REQUEST_QUEUE = 500;
const MAX_REQUEST_BYTES = 128 * 1024;
/** Bounds of what is handed to the network ahead of its taking it. */
const MIN_WATERMARK_BYTES = 128 * 1024;
const MAX_WATERMARK_BYTES = 1024 * 1024;
/** A peer gets no more `allowed fast` pieces than this noticed. */
const MAX_ALLOWED_FAST = 64;

/** One peer after the handshake: the protocol's state on both sides, and its messages in both directions. */
export class PeerConnection implements DownloadPeer, UploadPeer, ChokePeer, MessageHandler, MessageReceiver {
  readonly peerId: Uint8Array;
  readonly isIncoming: boolean;
  readonly supportsFast: boolean;
  readonly supportsExtensions: boolean;
  readonly window = new RequestWindow();
  readonly inFlight = new InFlight();
  readonly uploads = new UploadQueue();
  readonly allowedFast = new Set<number>();
  readonly downloaded: RateMeter;
  readonly uploaded: RateMeter;
  currentPiece: PieceDownload | undefined;
  /** Where the peer accepts connections, once known. */
  listenAddress: SocketAddress | undefined;
  /** Pieces that the peer has and we lack: above 0 we are interested. */
  neededPieces = 0;
  /** Pieces that a spreading seeder has shown to this peer; undefined when it sees all. */
  shownPieces: Bitfield | undefined;
  /** Those of them that the peer has asked for to the end, or has. */
  readonly takenPieces = new Set<number>();
  /** How many of them it has still to ask for. */
  shownUnrequested = 0;
  isUnchoked = false;
  isInterested = false;
  isChokingUs = true;
  weAreInterested = false;
  unchokedAtMs = 0;
  /** Since when the block is arriving that has begun and not ended; undefined between blocks. */
  receivingSinceMs: number | undefined;
  /** The arriving block goes to `scratch`, because another peer may be sending it too. */
  usesScratch = false;
  readonly handler = this;
  readonly #transport: PeerTransport;
  readonly #listener: PeerListener;
  #early: EarlyPieces | undefined = new EarlyPieces();
  #pieces = new Bitfield(0);
  #pieceCount: number | undefined;
  #scratch: Uint8Array | undefined;
  #extended: ExtendedHandshake | undefined;
  #maxMessageBytes: number;

  constructor(
    transport: PeerTransport,
    handshake: Handshake,
    listener: PeerListener,
    options: { isIncoming: boolean; nowMs: number; maxMessageBytes: number },
  ) {
    this.#transport = transport;
    this.#listener = listener;
    this.#maxMessageBytes = options.maxMessageBytes;
    this.peerId = handshake.peerId;
    this.isIncoming = options.isIncoming;
    this.supportsFast = supportsFast(handshake.reserved);
    this.supportsExtensions = supportsExtensions(handshake.reserved);
    this.downloaded = new RateMeter(options.nowMs);
    this.uploaded = new RateMeter(options.nowMs);
    if (!options.isIncoming) this.listenAddress = transport.remote;
  }

  get remote(): SocketAddress {
    return this.#transport.remote;
  }
  get transport(): PeerTransport {
    return this.#transport;
  }
  get maxMessageBytes(): number {
    return this.#maxMessageBytes;
  }
  get isClosed(): boolean {
    return this.#transport.isClosed;
  }
  get bufferedBytes(): number {
    return this.#transport.bufferedBytes;
  }
  get pieces(): Bitfield {
    return this.#pieces;
  }
  get isSeed(): boolean {
    return this.#pieceCount !== undefined && this.#pieces.isComplete;
  }
  get downloadRate(): number {
    return this.downloaded.bytesPerSecond;
  }
  get uploadRate(): number {
    return this.uploaded.bytesPerSecond;
  }
  get isSnubbing(): boolean {
    return this.window.isSnubbed;
  }
  get answersCancels(): boolean {
    return this.supportsFast;
  }
  /** Half of what went out in the last second. */
  get sendWatermarkBytes(): number {
    return Math.min(MAX_WATERMARK_BYTES, Math.max(MIN_WATERMARK_BYTES, this.uploadRate / 2));
  }
  get clientName(): string {
    return this.#extended?.client ?? clientOfPeerId(this.peerId);
  }
  /** The size of the info dictionary that the peer can give us; undefined when it cannot. */
  get metadataBytes(): number | undefined {
    return this.#metadataId === undefined ? undefined : this.#extended?.metadataBytes;
  }
  get #metadataId(): number | undefined {
    return this.#extended?.messageIds.get(METADATA_NAME);
  }

  /** The torrent's pieces are known: what the peer said of its own can be read now. */
  attachGeometry(geometry: PieceGeometry): void {
    this.#pieceCount = geometry.pieceCount;
    this.#pieces = this.#early?.toBitfield(geometry.pieceCount) ?? new Bitfield(geometry.pieceCount);
    this.#early = undefined;
  }

  // What we send.

  sendExtendedHandshake(listenPort: number | undefined, metadataBytes: number | undefined): void {
    const payload = encodeExtendedHandshake({
      messageIds: new Map([[METADATA_NAME, METADATA_ID]]),
      client: "Swarmlab 0.1.0",
      requestQueue: REQUEST_QUEUE,
      ...(listenPort === undefined ? {} : { listenPort }),
      ...(metadataBytes === undefined ? {} : { metadataBytes }),
    });
    this.#transport.send(messages.encodeExtended(EXTENDED_HANDSHAKE_ID, payload));
  }

  sendMetadata(message: MetadataMessage): void {
    if (this.#metadataId === undefined) return;
    this.#transport.send(messages.encodeExtended(this.#metadataId, encodeMetadataMessage(message)));
  }

  /** Tells what we have; the first message after the handshakes. */
  sendPieces(pieces: Bitfield): void {
    if (this.supportsFast && pieces.length > 0 && pieces.isComplete) {
      this.#transport.send(messages.encodeHaveAll());
    } else if (this.supportsFast && pieces.count === 0) this.#transport.send(messages.encodeHaveNone());
    else if (pieces.count > 0) this.#transport.send(messages.encodeBitfield(pieces.bytes.slice()));
  }

  sendHave(index: number): void {
    this.#transport.send(messages.encodeHave(index));
  }

  sendKeepAlive(): void {
    this.#transport.send(messages.encodeKeepAlive());
  }

  setInterested(isInterested: boolean): void {
    if (this.weAreInterested === isInterested) return;
    this.weAreInterested = isInterested;
    this.#transport.send(isInterested ? messages.encodeInterested() : messages.encodeNotInterested());
  }

  unchoke(nowMs: number): void {
    if (this.isUnchoked) return;
    this.isUnchoked = true;
    this.unchokedAtMs = nowMs;
    this.#transport.send(messages.encodeUnchoke());
  }

  choke(): void {
    if (!this.isUnchoked) return;
    this.isUnchoked = false;
    this.#transport.send(messages.encodeChoke());
    for (const { index, begin, length } of this.uploads.drain()) this.sendReject(index, begin, length);
  }

  request(index: number, begin: number, length: number): void {
    this.#transport.send(messages.encodeRequest(index, begin, length));
  }

  cancel(index: number, begin: number, length: number): void {
    this.#transport.send(messages.encodeCancel(index, begin, length));
  }

  /** Says that a request will not be answered; without the fast extension (BEP 6) silence says it. */
  sendReject(index: number, begin: number, length: number): void {
    if (this.supportsFast) this.#transport.send(messages.encodeReject(index, begin, length));
  }

  sendBlocks(buffers: readonly Uint8Array[], payloadBytes: number, onSent: () => void): void {
    this.uploaded.add(payloadBytes);
    this.#listener.onBlocksSent(this, payloadBytes);
    this.#transport.sendNow(buffers, onSent);
  }

  ban(reason: string): void {
    this.#listener.onBanned(this, reason);
  }

  close(error?: Error): void {
    this.#transport.close(error);
  }

  /** Memory for one block that more than one peer may be sending. */
  scratch(): Uint8Array {
    this.#scratch ??= new Uint8Array(16 * 1024);
    return this.#scratch;
  }

  // What the peer sends.

  onKeepAlive(): void {}

  onChoke(): void {
    if (this.isChokingUs) return;
    this.isChokingUs = true;
    this.#listener.onChoked(this);
  }

  onUnchoke(): void {
    if (!this.isChokingUs) return;
    this.isChokingUs = false;
    this.#listener.onUnchoked(this);
  }

  onInterested(): void {
    if (this.isInterested) return;
    this.isInterested = true;
    this.#listener.onInterestChanged(this);
  }

  onNotInterested(): void {
    if (!this.isInterested) return;
    this.isInterested = false;
    this.#listener.onInterestChanged(this);
  }

  onHave(index: number): void {
    if (this.#pieceCount === undefined) {
      this.#early?.addHave(index);
      return;
    }
    this.#requirePiece(index);
    if (this.#pieces.has(index)) return;
    this.#pieces.set(index);
    this.#listener.onHave(this, index);
  }

  onBitfield(bytes: Uint8Array): void {
    if (this.#early !== undefined) {
      this.#early.setBitfield(bytes);
      return;
    }
    const count = this.#requireNoPieces();
    this.#pieces = Bitfield.fromWire(count, bytes.slice());
    this.#listener.onPieces(this);
  }

  onHaveAll(): void {
    if (this.#early !== undefined) {
      this.#early.setAll();
      return;
    }
    const count = this.#requireNoPieces();
    for (let index = 0; index < count; index++) this.#pieces.set(index);
    this.#listener.onPieces(this);
  }

  onHaveNone(): void {}

  onRequest(index: number, begin: number, length: number): void {
    if (length > MAX_REQUEST_BYTES || length === 0) {
      throw new PeerError("PROTOCOL", `a request for ${length} bytes`);
    }
    this.#listener.onRequest(this, index, begin, length);
  }

  onCancel(index: number, begin: number, length: number): void {
    this.#listener.onCancel(this, index, begin, length);
  }

  onPieceStart(index: number, begin: number, length: number): Uint8Array | undefined {
    const target = this.#listener.onBlockStart(this, index, begin, length);
    this.receivingSinceMs = target === undefined ? undefined : this.#transport.lastReceivedAtMs;
    return target;
  }

  onPieceProgress(bytes: number): void {
    this.downloaded.add(bytes);
  }

  onPieceEnd(index: number, begin: number, length: number): void {
    this.receivingSinceMs = undefined;
    this.#listener.onBlockEnd(this, index, begin, length);
  }

  onReject(index: number, begin: number, length: number): void {
    this.#listener.onReject(this, index, begin, length);
  }

  onAllowedFast(index: number): void {
    if (this.allowedFast.size < MAX_ALLOWED_FAST) this.allowedFast.add(index);
  }

  onSuggest(_index: number): void {}

  onPort(_port: number): void {}

  onUnknown(_id: number, _length: number): void {}

  onExtended(extendedId: number, payload: Uint8Array): void {
    if (extendedId === EXTENDED_HANDSHAKE_ID) {
      const handshake = parseExtendedHandshake(payload);
      this.#extended = handshake;
      if (handshake.requestQueue !== undefined) this.window.limitTo(handshake.requestQueue);
      if (this.isIncoming && handshake.listenPort !== undefined) {
        this.listenAddress = { host: this.remote.host, port: handshake.listenPort };
      }
      this.#listener.onExtendedHandshake(this, handshake);
    } else if (extendedId === METADATA_ID) {
      const message = parseMetadataMessage(payload);
      if (message !== undefined) this.#listener.onMetadataMessage(this, message);
    }
  }

  onChunkHandled(): void {
    this.#listener.onChunkHandled(this);
  }

  onDrain(): void {
    this.#listener.onDrain(this);
  }

  onReadError(error: unknown): void {
    this.#listener.onReadError(this, error);
  }

  onClose(error: Error | undefined): void {
    this.#listener.onClose(this, error);
  }

  #requirePiece(index: number): void {
    if (index >= (this.#pieceCount ?? 0)) {
      throw new PeerError("PROTOCOL", `piece ${index} of ${this.#pieceCount}`);
    }
  }

  #requireNoPieces(): number {
    if (this.#pieces.count > 0) throw new PeerError("PROTOCOL", "a second bitfield");
    return this.#pieceCount ?? 0;
  }
}
