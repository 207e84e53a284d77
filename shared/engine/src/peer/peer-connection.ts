import { Bitfield } from "@swarmlab/wire/bitfield";
import {
  EXTENDED_HANDSHAKE_ID,
  type ExtendedHandshake,
  parseExtendedHandshake,
  parseMetadataMessage,
} from "@swarmlab/wire/extension";
import { type Handshake, supportsExtensions, supportsFast } from "@swarmlab/wire/handshake";
import type { MessageHandler } from "@swarmlab/wire/message-handler";
import { clientOfPeerId } from "@swarmlab/wire/peer-id";
import type { DownloadPeer } from "../download/download-peer.js";
import { InFlight } from "../download/in-flight.js";
import type { PieceDownload } from "../download/piece-download.js";
import type { PieceGeometry } from "../download/piece-geometry.js";
import { RequestWindow } from "../download/request-window.js";
import type { SocketAddress } from "../ports/network.js";
import type { ChokePeer } from "../upload/choker.js";
import type { UploadPeer } from "../upload/uploader.js";
import { EarlyPieces } from "./early-pieces.js";
import { PeerError } from "./peer-error.js";
import type { PeerListener } from "./peer-listener.js";
import { METADATA_ID, METADATA_NAME, PeerOutbox } from "./peer-outbox.js";
import type { MessageReceiver, PeerTransport } from "./peer-transport.js";
import { RateMeter } from "./rate-meter.js";

const MAX_REQUEST_BYTES = 128 * 1024;
/** Bounds of what is handed to the network ahead of its taking it. */
const MIN_WATERMARK_BYTES = 128 * 1024;
const MAX_WATERMARK_BYTES = 1024 * 1024;
/** A peer gets no more `allowed fast` pieces than this noticed. */
const MAX_ALLOWED_FAST = 64;

/** One peer after the handshake: the protocol's state on both sides, and its messages in both directions. */
export class PeerConnection
  extends PeerOutbox
  implements DownloadPeer, UploadPeer, ChokePeer, MessageHandler, MessageReceiver
{
  readonly peerId: Uint8Array;
  readonly isIncoming: boolean;
  readonly supportsExtensions: boolean;
  readonly window = new RequestWindow();
  readonly inFlight = new InFlight();
  readonly allowedFast = new Set<number>();
  readonly downloaded: RateMeter;
  readonly uploaded: RateMeter;
  currentPiece: PieceDownload | undefined;
  receivingPiece: PieceDownload | undefined;
  rejects = 0;
  heldUntilMs = 0;
  /** When payload came last. */
  lastPayloadAtMs: number;
  /** Where the peer accepts connections, once known. */
  listenAddress: SocketAddress | undefined;
  /** Pieces that the peer has and we lack: above 0 we are interested. */
  neededPieces = 0;
  isInterested = false;
  isChokingUs = true;
  /** Since when the block is arriving that has begun and not ended; undefined between blocks. */
  receivingSinceMs: number | undefined;
  /** The arriving block goes to `scratch`, because another peer may be sending it too. */
  usesScratch = false;
  readonly handler = this;
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
    super(transport, supportsFast(handshake.reserved));
    this.#listener = listener;
    this.#maxMessageBytes = options.maxMessageBytes;
    this.peerId = handshake.peerId;
    this.isIncoming = options.isIncoming;
    this.supportsExtensions = supportsExtensions(handshake.reserved);
    this.lastPayloadAtMs = options.nowMs;
    this.downloaded = new RateMeter(options.nowMs);
    this.uploaded = new RateMeter(options.nowMs);
    if (!options.isIncoming) this.listenAddress = transport.remote;
  }

  get remote(): SocketAddress {
    return this.transport.remote;
  }
  get maxMessageBytes(): number {
    return this.#maxMessageBytes;
  }
  get isClosed(): boolean {
    return this.transport.isClosed;
  }
  get bufferedBytes(): number {
    return this.transport.bufferedBytes;
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
    return this.metadataId === undefined ? undefined : this.#extended?.metadataBytes;
  }
  protected get metadataId(): number | undefined {
    return this.#extended?.messageIds.get(METADATA_NAME);
  }

  /** The torrent's pieces are known: what the peer said of its own can be read now. */
  attachGeometry(geometry: PieceGeometry): void {
    this.#pieceCount = geometry.pieceCount;
    this.#pieces = this.#early?.toBitfield(geometry.pieceCount) ?? new Bitfield(geometry.pieceCount);
    this.#early = undefined;
  }

  sendBlocks(buffers: readonly Uint8Array[], payloadBytes: number, onSent: () => void): void {
    this.uploaded.add(payloadBytes);
    this.#listener.onBlocksSent(this, payloadBytes);
    this.transport.sendNow(buffers, onSent);
  }

  ban(reason: string): void {
    this.#listener.onBanned(this, reason);
  }

  close(error?: Error): void {
    this.transport.close(error);
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

  // Some clients send a bitfield in place of many `have` messages later on, too.

  onBitfield(bytes: Uint8Array): void {
    if (this.#pieceCount === undefined) this.#early?.setBitfield(bytes);
    else this.#replacePieces(Bitfield.fromWire(this.#pieceCount, bytes.slice()));
  }

  onHaveAll(): void {
    if (this.#pieceCount === undefined) {
      this.#early?.setAll();
      return;
    }
    const all = new Bitfield(this.#pieceCount);
    for (let index = 0; index < this.#pieceCount; index++) all.set(index);
    this.#replacePieces(all);
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
    this.receivingSinceMs = target === undefined ? undefined : this.transport.lastReceivedAtMs;
    return target;
  }

  onPieceProgress(bytes: number): void {
    this.downloaded.add(bytes);
    this.lastPayloadAtMs = this.transport.lastReceivedAtMs;
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
      if (this.listenAddress === undefined && handshake.listenPort !== undefined) {
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

  onReadOn(): void {
    const nowMs = this.transport.lastReceivedAtMs;
    this.inFlight.restart(nowMs);
    this.lastPayloadAtMs = nowMs;
    if (this.receivingSinceMs !== undefined) this.receivingSinceMs = nowMs;
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

  #replacePieces(pieces: Bitfield): void {
    const before = this.#pieces;
    this.#pieces = pieces;
    this.#listener.onPieces(this, before);
  }
}
