import { encodeReserved, type Handshake } from "@swarmlab/wire/handshake";
import { maxMessageBytes } from "@swarmlab/wire/message-decoder";
import { PeerConnection } from "../peer/peer-connection.js";
import { PeerError } from "../peer/peer-error.js";
import type { PeerListener } from "../peer/peer-listener.js";
import { type MessageReceiver, PeerTransport } from "../peer/peer-transport.js";
import type { Clock } from "../ports/clock.js";
import type { Network, SocketAddress } from "../ports/network.js";
import type { RateLimiter } from "../session/rate-limiter.js";
import { Candidates } from "./candidates.js";

const HANDSHAKE_TIMEOUT_MS = 10_000;
/** Connections that are being made at the same time. */
const MAX_DIALING = 20;
/** A peer that we left or that left us is not dialled again at once. */
const REDIAL_PAUSE_MS = 5_000;
/** Two seeders have nothing to say to each other for a while. */
const REDUNDANT_PAUSE_MS = 120_000;

export interface PeerPoolOptions {
  readonly infoHash: Uint8Array;
  readonly peerId: Uint8Array;
  readonly network: Network;
  readonly clock: Clock;
  readonly downloadLimiter: RateLimiter;
  readonly maxConnections: number;
  readonly listener: PeerListener;
  /** Pieces of the torrent; undefined while the metadata is missing. */
  readonly pieceCount: () => number | undefined;
  /** The handshakes are done and the peer is the only connection to its kind. */
  onOpen(peer: PeerConnection): void;
}

/** The connections of one torrent: whom to dial, who may come in, and that nobody is there twice. */
export class PeerPool {
  readonly candidates = new Candidates();
  readonly open = new Map<string, PeerConnection>();
  readonly #options: PeerPoolOptions;
  readonly #dialing = new Map<PeerTransport, SocketAddress>();
  /** Peer ids of polluters: on loopback, one that comes in has a new port each time. */
  readonly #bannedIds = new Set<string>();
  #isAccepting = true;

  constructor(options: PeerPoolOptions) {
    this.#options = options;
  }

  /** Dials as many known addresses as there is room for. */
  dial(): void {
    if (!this.#isAccepting) return;
    const room = this.#options.maxConnections - this.open.size - this.#dialing.size;
    const count = Math.min(room, MAX_DIALING - this.#dialing.size);
    if (count <= 0) return;
    for (const address of this.candidates.take(count, this.#options.clock.nowMs())) this.#connect(address);
  }

  /** Takes over an incoming connection whose handshake names this torrent. */
  accept(transport: PeerTransport, handshake: Handshake): MessageReceiver | undefined {
    if (!this.#isAccepting || this.open.size >= this.#options.maxConnections) return undefined;
    if (this.candidates.isBanned(transport.remote)) return undefined;
    this.#sendHandshake(transport);
    return this.#admit(transport, handshake, true);
  }

  /** Closes connections that are silent and keeps the others alive. */
  tick(nowMs: number): void {
    for (const transport of this.#dialing.keys()) {
      if (nowMs - transport.openedAtMs > HANDSHAKE_TIMEOUT_MS) {
        transport.close(new PeerError("TIMEOUT", "no handshake"));
      }
    }
    this.dial();
  }

  /** A connection is over. Returns whether it was open. */
  onClose(peer: PeerConnection, error: Error | undefined): boolean {
    const key = idKey(peer.peerId);
    if (this.open.get(key) !== peer) return false;
    this.open.delete(key);
    const address = peer.listenAddress;
    if (address !== undefined) {
      const isRedundant = error instanceof PeerError && error.code === "REDUNDANT";
      const pauseMs = isRedundant ? REDUNDANT_PAUSE_MS : REDIAL_PAUSE_MS;
      this.candidates.onClosed(address, this.#options.clock.nowMs(), pauseMs);
    }
    return true;
  }

  /** Keeps a polluter away. False when it was banned before. */
  ban(peer: PeerConnection, reason: string): boolean {
    const key = idKey(peer.peerId);
    const isNew = !this.#bannedIds.has(key);
    this.#bannedIds.add(key);
    this.candidates.ban(peer.remote);
    if (peer.listenAddress !== undefined) this.candidates.ban(peer.listenAddress);
    peer.close(new PeerError("BANNED", reason));
    return isNew;
  }

  /** Closes all connections and takes no new ones until `resume`. */
  suspend(): void {
    this.#isAccepting = false;
    const error = new PeerError("SHUTDOWN", "the torrent stops");
    for (const peer of this.open.values()) peer.close(error);
    for (const transport of this.#dialing.keys()) transport.close(error);
  }

  resume(): void {
    this.#isAccepting = true;
    this.candidates.retryAll();
    this.dial();
  }

  #connect(address: SocketAddress): void {
    const stream = this.#options.network.connect(address);
    const transport: PeerTransport = new PeerTransport(stream, {
      clock: this.#options.clock,
      downloadLimiter: this.#options.downloadLimiter,
      onConnect: () => this.#sendHandshake(transport),
      onHandshake: (_, handshake) => this.#onAnswer(transport, address, handshake),
      onEarlyClose: () => {
        if (this.#dialing.delete(transport)) this.candidates.onFailure(address, this.#options.clock.nowMs());
      },
    });
    this.#dialing.set(transport, address);
  }

  #onAnswer(
    transport: PeerTransport,
    address: SocketAddress,
    handshake: Handshake,
  ): MessageReceiver | undefined {
    this.#dialing.delete(transport);
    const isSame = idKey(handshake.infoHash) === idKey(this.#options.infoHash);
    const receiver = isSame && this.#isAccepting ? this.#admit(transport, handshake, false) : undefined;
    if (receiver === undefined) this.candidates.onFailure(address, this.#options.clock.nowMs());
    return receiver;
  }

  #sendHandshake(transport: PeerTransport): void {
    const { infoHash, peerId } = this.#options;
    transport.sendHandshake({ infoHash, peerId, reserved: encodeReserved({ extensions: true, fast: true }) });
  }

  #admit(transport: PeerTransport, handshake: Handshake, isIncoming: boolean): MessageReceiver | undefined {
    const key = idKey(handshake.peerId);
    const ownKey = idKey(this.#options.peerId);
    if (key === ownKey) {
      if (!isIncoming) this.candidates.onSelf(transport.remote);
      return undefined;
    }
    if (this.#bannedIds.has(key)) return undefined;
    const other = this.open.get(key);
    if (other !== undefined) {
      // Both sides keep the connection that the greater peer id began, so that one of two stays.
      const keepsIncoming = key > ownKey;
      if (other.isIncoming === isIncoming || isIncoming !== keepsIncoming) return undefined;
      other.close(new PeerError("DUPLICATE", "another connection to the same peer"));
      this.#options.listener.onClose(other, undefined);
    }
    const peer = new PeerConnection(transport, handshake, this.#options.listener, {
      isIncoming,
      nowMs: this.#options.clock.nowMs(),
      maxMessageBytes: maxMessageBytes(this.#options.pieceCount()),
    });
    this.open.set(key, peer);
    this.#options.onOpen(peer);
    return peer;
  }
}

function idKey(id: Uint8Array): string {
  return Buffer.from(id.buffer, id.byteOffset, id.byteLength).toString("latin1");
}
