import { parseInfo, type TorrentInfo } from "@swarmlab/metainfo/info";
import { leftUnknown } from "@swarmlab/tracker-protocol/announce";
import { Bitfield } from "@swarmlab/wire/bitfield";
import { type ExtendedHandshake, METADATA_PIECE_BYTES, type MetadataMessage } from "@swarmlab/wire/extension";
import type { Handshake } from "@swarmlab/wire/handshake";
import { PieceGeometry } from "../download/piece-geometry.js";
import type { EngineMetrics } from "../metrics.js";
import type { PeerConnection } from "../peer/peer-connection.js";
import type { PeerListener } from "../peer/peer-listener.js";
import type { MessageReceiver, PeerTransport } from "../peer/peer-transport.js";
import { RateMeter } from "../peer/rate-meter.js";
import type { Clock } from "../ports/clock.js";
import type { Disk, Hasher } from "../ports/disk.js";
import type { Network, SocketAddress } from "../ports/network.js";
import type { Random } from "../ports/random.js";
import type { RateLimiter } from "../session/rate-limiter.js";
import type { ResumeState } from "../storage/resume-file.js";
import { TorrentStorage } from "../storage/torrent-storage.js";
import type { AnnounceTimes } from "../tracker-client/announce-schedule.js";
import { TrackerAnnouncer } from "../tracker-client/tracker-announcer.js";
import type { TrackerClient } from "../tracker-client/tracker-client.js";
import { MetadataFetcher } from "./metadata-fetcher.js";
import { PeerPool } from "./peer-pool.js";
import { watchPeer } from "./peer-watch.js";
import { PieceExchange } from "./piece-exchange.js";
import type { TorrentEvent, TorrentState } from "./torrent-events.js";
import type { PeerStats, TorrentStats } from "./torrent-stats.js";

/** With fewer connections than this a download asks its tracker for more peers. */
const FEW_PEERS = 8;

/** What a session lends to its torrents. */
export interface TorrentServices {
  readonly network: Network;
  readonly clock: Clock;
  readonly random: Random;
  readonly disk: Disk;
  readonly hasher: Hasher;
  readonly peerId: Uint8Array;
  readonly trackerClient: TrackerClient;
  readonly uploadLimiter: RateLimiter;
  readonly downloadLimiter: RateLimiter;
  readonly metrics: EngineMetrics;
  /** Where the session listens; 0 before it does. */
  listenPort(): number;
  /** Payload that the whole session sends now, in bytes per second. */
  uploadBytesPerSecond(): number;
}

export interface TorrentOptions {
  /** 20 bytes. */
  readonly infoHash: Uint8Array;
  /** Left out for a magnet link: then peers are asked for it. */
  readonly info?: TorrentInfo;
  readonly announceTiers?: readonly (readonly string[])[];
  /** Absolute path of the folder that holds, or gets, the file or folder that the torrent names. */
  readonly directory: string;
  /** `seed` expects all of the content to be there and never writes. */
  readonly mode: "download" | "seed";
  /** What is known of the content already, because it was hashed just now. */
  readonly resumeState?: ResumeState;
  /** Peers to connect to, beside those that trackers name. */
  readonly peers?: readonly SocketAddress[];
  readonly maxConnections?: number;
  /** Peers served at the same time; chosen by the upload rate when left out. */
  readonly uploadSlots?: number;
  /** Whether a seeder gives every piece away once before any twice (BEP 16). Default true. */
  readonly spreadsFirstCopies?: boolean;
  readonly announceTimes?: Partial<AnnounceTimes>;
  observe?(event: TorrentEvent): void;
}

/** One torrent of a session, from its metadata to the last peer that was served. */
export class Torrent implements PeerListener {
  readonly infoHash: Uint8Array;
  readonly #services: TorrentServices;
  readonly #options: TorrentOptions;
  readonly #pool: PeerPool;
  readonly #closing = new AbortController();
  readonly #downloaded: RateMeter;
  readonly #uploaded: RateMeter;
  readonly #fetcher: MetadataFetcher | undefined;
  #state: TorrentState = "checking";
  #isPaused = false;
  #info: TorrentInfo | undefined;
  #geometry: PieceGeometry | undefined;
  #have: Bitfield | undefined;
  #storage: TorrentStorage | undefined;
  #exchange: PieceExchange | undefined;
  #announcer: TrackerAnnouncer | undefined;
  #preparing: Promise<void> | undefined;
  #failedPieces = 0;
  #bannedPeers = 0;
  #closedReceivedBytes = 0;
  #closedSentBytes = 0;

  constructor(services: TorrentServices, options: TorrentOptions) {
    const { clock, network, peerId, downloadLimiter } = services;
    this.infoHash = options.infoHash;
    this.#services = services;
    this.#options = options;
    this.#downloaded = new RateMeter(clock.nowMs());
    this.#uploaded = new RateMeter(clock.nowMs());
    this.#pool = new PeerPool({
      infoHash: options.infoHash,
      peerId,
      network,
      clock,
      downloadLimiter,
      maxConnections: options.maxConnections ?? 100,
      listener: this,
      pieceCount: () => this.#geometry?.pieceCount,
      onOpen: (peer) => this.#onOpen(peer),
    });
    if (options.info === undefined) {
      this.#fetcher = new MetadataFetcher(options.infoHash, clock, (bytes) => this.#onMetadata(bytes));
    }
  }

  get state(): TorrentState {
    return this.#state;
  }
  /** Undefined until the metadata is here. */
  get info(): TorrentInfo | undefined {
    return this.#info;
  }
  /** What is held and verified; undefined until the disk was looked at. */
  get have(): Bitfield | undefined {
    return this.#have;
  }
  get isComplete(): boolean {
    return this.#have?.isComplete ?? false;
  }

  /** Begins: looks at the disk, or asks peers for the metadata, and then takes part in the swarm. */
  start(): void {
    for (const address of this.#options.peers ?? []) this.#pool.candidates.add(address, true);
    const { info } = this.#options;
    if (info !== undefined) {
      this.#prepare(info);
      return;
    }
    this.#setState("fetching-metadata");
    this.#joinSwarm();
  }

  /** Adds peers to connect to. `isManual` marks those that a person named. */
  addPeers(addresses: readonly SocketAddress[], isManual: boolean): void {
    for (const address of addresses) this.#pool.candidates.add(address, isManual);
    if (this.#isInSwarm) this.#pool.dial();
  }

  /** Leaves the swarm and keeps what is there. */
  async pause(): Promise<void> {
    if (this.#isPaused || this.#state === "closed") return;
    this.#isPaused = true;
    this.#exchange?.setPaused(true);
    this.#pool.suspend();
    this.#updateState();
    await this.#leaveTrackers();
  }

  resume(): void {
    if (!this.#isPaused || this.#state === "closed") return;
    this.#isPaused = false;
    this.#exchange?.setPaused(false);
    this.#pool.resume();
    this.#updateState();
    if (this.#state !== "checking") this.#joinSwarm();
  }

  /** Takes an incoming connection whose handshake names this torrent; undefined refuses it. */
  accept(transport: PeerTransport, handshake: Handshake): MessageReceiver | undefined {
    return this.#isPaused || this.#state === "failed" ? undefined : this.#pool.accept(transport, handshake);
  }

  /** Leaves the swarm, tells the trackers, and closes the disk. What is verified is kept for the next time. */
  async close(): Promise<void> {
    if (this.#state === "closed") return;
    this.#setState("closed");
    this.#closing.abort();
    this.#pool.suspend();
    await Promise.allSettled([this.#leaveTrackers(), this.#preparing]);
    this.#exchange?.close();
    await this.#storage?.close();
  }

  /** Regular work, about twice a second. */
  tick(nowMs: number): void {
    if (this.#state === "closed") return;
    this.#downloaded.tick(nowMs);
    this.#uploaded.tick(nowMs);
    for (const peer of this.#pool.open.values()) {
      if (!watchPeer(peer, nowMs)) continue;
      peer.window.snub();
      this.#exchange?.downloader.releaseAll(peer);
    }
    this.#fetcher?.tick(nowMs);
    if (!this.#isInSwarm) return;
    this.#exchange?.tick(nowMs, this.#services.uploadBytesPerSecond());
    this.#pool.tick(nowMs);
    if (!this.isComplete && this.#pool.open.size < FEW_PEERS) this.#announcer?.requestPeers();
  }

  stats(): TorrentStats {
    let receivedBytes = this.#closedReceivedBytes;
    let sentBytes = this.#closedSentBytes;
    for (const peer of this.#pool.open.values()) {
      receivedBytes += peer.transport.receivedBytes;
      sentBytes += peer.transport.sentBytes;
    }
    return {
      infoHash: Buffer.from(this.infoHash).toString("hex"),
      name: this.#info?.name,
      state: this.#state,
      totalBytes: this.#info?.totalBytes ?? 0,
      pieceCount: this.#geometry?.pieceCount ?? 0,
      verifiedPieces: this.#have?.count ?? 0,
      verifiedBytes: this.#verifiedBytes(),
      downloadedPayloadBytes: this.#downloaded.totalBytes,
      uploadedPayloadBytes: this.#uploaded.totalBytes,
      receivedBytes,
      sentBytes,
      wastedBytes: this.#exchange?.downloader.wastedBytes ?? 0,
      failedPieces: this.#failedPieces,
      failedBytes: this.#exchange?.downloader.failedBytes ?? 0,
      bannedPeers: this.#bannedPeers,
      downloadBytesPerSecond: this.#downloaded.bytesPerSecond,
      uploadBytesPerSecond: this.#uploaded.bytesPerSecond,
      connectedPeers: this.#pool.open.size,
      knownAddresses: this.#pool.candidates.size,
      isSpreading: this.#exchange?.isSpreading ?? false,
    };
  }

  peerStats(): PeerStats[] {
    return [...this.#pool.open.values()].map((peer) => ({
      address: peer.remote,
      client: peer.clientName,
      isIncoming: peer.isIncoming,
      pieceCount: peer.pieces.count,
      isSeed: peer.isSeed,
      isChokingUs: peer.isChokingUs,
      weAreInterested: peer.weAreInterested,
      isUnchoked: peer.isUnchoked,
      isOptimistic: this.#exchange?.optimisticPeer === peer,
      isInterested: peer.isInterested,
      isSnubbing: peer.isSnubbing,
      downloadedBytes: peer.downloaded.totalBytes,
      uploadedBytes: peer.uploaded.totalBytes,
      downloadBytesPerSecond: peer.downloadRate,
      uploadBytesPerSecond: peer.uploadRate,
      requestsOutstanding: peer.inFlight.size,
      requestsQueued: peer.uploads.size,
    }));
  }

  // What peers say.

  onPieces(peer: PeerConnection): void {
    this.#exchange?.onPieces(peer);
  }
  onHave(peer: PeerConnection, index: number): void {
    this.#exchange?.onHave(peer, index);
  }
  onChoked(peer: PeerConnection): void {
    this.#exchange?.onChoked(peer);
  }
  onUnchoked(_peer: PeerConnection): void {}
  onInterestChanged(_peer: PeerConnection): void {
    this.#exchange?.admit();
  }
  onRequest(peer: PeerConnection, index: number, begin: number, length: number): void {
    this.#exchange?.onRequest(peer, index, begin, length);
  }
  onCancel(peer: PeerConnection, index: number, begin: number, length: number): void {
    this.#exchange?.onCancel(peer, index, begin, length);
  }
  onBlockStart(peer: PeerConnection, index: number, begin: number, length: number): Uint8Array | undefined {
    this.#downloaded.add(length);
    this.#services.metrics.payloadReceivedBytes += length;
    peer.usesScratch = false;
    return this.#exchange?.downloader.startBlock(peer, index, begin, length, () => {
      peer.usesScratch = true;
      return peer.scratch();
    });
  }
  onBlockEnd(peer: PeerConnection, index: number, begin: number, length: number): void {
    const scratch = peer.usesScratch ? peer.scratch() : undefined;
    this.#exchange?.downloader.finishBlock(peer, index, begin, length, scratch);
  }
  onBlocksSent(_peer: PeerConnection, payloadBytes: number): void {
    this.#uploaded.add(payloadBytes);
    this.#services.metrics.payloadSentBytes += payloadBytes;
  }
  onReject(peer: PeerConnection, index: number, begin: number, length: number): void {
    this.#exchange?.downloader.onReject(peer, index, begin, length);
  }
  onExtendedHandshake(peer: PeerConnection, _handshake: ExtendedHandshake): void {
    if (peer.listenAddress !== undefined && peer.isIncoming) {
      this.#pool.candidates.markBusy(peer.listenAddress);
    }
    if (this.#info === undefined) this.#fetcher?.addPeer(peer);
  }
  onMetadataMessage(peer: PeerConnection, message: MetadataMessage): void {
    if (message.type === "request") this.#answerMetadata(peer, message.piece);
    else this.#fetcher?.onMessage(peer, message);
  }
  onChunkHandled(peer: PeerConnection): void {
    this.#exchange?.onChunkHandled(peer);
  }
  onDrain(peer: PeerConnection): void {
    this.#exchange?.onDrain(peer);
  }
  onReadError(_peer: PeerConnection, error: unknown): void {
    this.#fail(error);
  }
  onBanned(peer: PeerConnection, reason: string): void {
    this.#bannedPeers++;
    this.#services.metrics.peersBanned++;
    this.#pool.ban(peer, reason);
    this.#emit({ type: "peer-banned", peer: peer.listenAddress ?? peer.remote, reason });
  }
  onClose(peer: PeerConnection, error: Error | undefined): void {
    if (!this.#pool.onClose(peer, error)) return;
    this.#exchange?.remove(peer);
    this.#fetcher?.removePeer(peer);
    const { receivedBytes, sentBytes } = peer.transport;
    this.#closedReceivedBytes += receivedBytes;
    this.#closedSentBytes += sentBytes;
    this.#services.metrics.closedReceivedBytes += receivedBytes;
    this.#services.metrics.closedSentBytes += sentBytes;
    this.#emit({
      type: "peer-disconnected",
      peer: peer.remote,
      reason: error?.message ?? "closed by the peer",
    });
  }

  get #isInSwarm(): boolean {
    return this.#state === "downloading" || this.#state === "seeding" || this.#state === "fetching-metadata";
  }

  #onOpen(peer: PeerConnection): void {
    const { metrics } = this.#services;
    if (peer.isIncoming) metrics.connectionsOpenedIncoming++;
    else metrics.connectionsOpenedOutgoing++;
    this.#emit({
      type: "peer-connected",
      peer: peer.remote,
      client: peer.clientName,
      isIncoming: peer.isIncoming,
    });
    // With the fast extension the pieces come first (BEP 6).
    this.#exchange?.add(peer);
    if (peer.supportsExtensions) {
      peer.sendExtendedHandshake(this.#services.listenPort() || undefined, this.#info?.infoBytes.length);
    }
  }

  #onMetadata(infoBytes: Uint8Array): void {
    let info: TorrentInfo;
    try {
      info = parseInfo(infoBytes);
    } catch (error) {
      this.#fail(error);
      return;
    }
    this.#emit({ type: "metadata", info });
    this.#prepare(info);
  }

  #prepare(info: TorrentInfo): void {
    this.#info = info;
    this.#setState("checking");
    this.#preparing = this.#openStorage(info).catch((error: unknown) => this.#fail(error));
  }

  async #openStorage(info: TorrentInfo): Promise<void> {
    const { disk, hasher, clock } = this.#services;
    const storage = await TorrentStorage.open({
      info,
      directory: this.#options.directory,
      disk,
      hasher,
      clock,
      mode: this.#options.mode,
      signal: this.#closing.signal,
      ...(this.#options.resumeState === undefined ? {} : { resumeState: this.#options.resumeState }),
      onProgress: (checkedBytes, totalBytes) => this.#emit({ type: "checking", checkedBytes, totalBytes }),
      events: {
        onDiskTrouble: (error) => this.#emit({ type: "disk-trouble", error }),
        onDiskRecovered: () => this.#emit({ type: "disk-recovered" }),
        onBacklogDrained: () => this.#exchange?.fillSoon(),
        onResumeNotSaved: (error) => this.#emit({ type: "resume-not-saved", error: toError(error) }),
      },
    });
    this.#storage = storage;
    const geometry = new PieceGeometry(info);
    const have = new Bitfield(info.pieceCount, storage.havePieces.bytes.slice());
    this.#geometry = geometry;
    this.#have = have;
    if (this.#closing.signal.aborted) return;
    this.#exchange = this.#newExchange(storage, geometry, have);
    this.#exchange.setPaused(this.#isPaused);
    this.#updateState();
    for (const peer of this.#pool.open.values()) this.#exchange.add(peer);
    if (!this.#isPaused) this.#joinSwarm();
  }

  #newExchange(storage: TorrentStorage, geometry: PieceGeometry, have: Bitfield): PieceExchange {
    const { clock, random, uploadLimiter, metrics } = this.#services;
    return new PieceExchange({
      geometry,
      have,
      store: storage,
      clock,
      random,
      uploadLimiter,
      uploadSlots: this.#options.uploadSlots,
      spreadsFirstCopies: this.#options.spreadsFirstCopies ?? true,
      onPieceVerified: (index) => this.#onPieceVerified(index),
      onPieceFailed: (index) => {
        this.#failedPieces++;
        metrics.piecesFailed++;
        this.#emit({ type: "piece-failed", index });
      },
      onStoreError: (error) => this.#fail(error),
      onBlockLatency: (latencyMs) => metrics.requestLatencySeconds.observe(latencyMs / 1000),
    });
  }

  #onPieceVerified(index: number): void {
    this.#services.metrics.piecesVerified++;
    this.#emit({ type: "piece-verified", index });
    if (!this.isComplete) return;
    this.#updateState();
    this.#announcer?.announceNow("completed");
    void this.#storage?.flush().then(
      () => this.#emit({ type: "complete" }),
      () => {
        // Closed before the disk had everything; what it has is known the next time.
      },
    );
  }

  #joinSwarm(): void {
    this.#pool.dial();
    const tiers = this.#options.announceTiers ?? [];
    if (this.#announcer !== undefined || tiers.length === 0) return;
    const { trackerClient, clock, random, peerId, metrics } = this.#services;
    const { announceTimes } = this.#options;
    this.#announcer = new TrackerAnnouncer({
      client: trackerClient,
      clock,
      random,
      infoHash: this.infoHash,
      peerId,
      tiers,
      ...(announceTimes === undefined ? {} : { times: announceTimes }),
      figures: () => ({
        uploadedBytes: this.#uploaded.totalBytes,
        downloadedBytes: this.#downloaded.totalBytes,
        leftBytes: this.#have === undefined ? leftUnknown : this.#totalBytes() - this.#verifiedBytes(),
        port: this.#services.listenPort(),
      }),
      onPeers: (peers) => this.addPeers(peers, false),
      onSuccess: (url, { seeders, leechers }) => {
        metrics.announcesSucceeded++;
        this.#emit({ type: "tracker-answered", url, seeders, leechers });
      },
      onFailure: (url, error) => {
        metrics.announcesFailed++;
        this.#emit({ type: "tracker-failed", url, error });
      },
    });
    this.#announcer.announceNow();
  }

  async #leaveTrackers(): Promise<void> {
    const announcer = this.#announcer;
    this.#announcer = undefined;
    await announcer?.close();
  }

  #answerMetadata(peer: PeerConnection, piece: number): void {
    const bytes = this.#info?.infoBytes;
    const begin = piece * METADATA_PIECE_BYTES;
    if (bytes === undefined || begin >= bytes.length) {
      peer.sendMetadata({ type: "reject", piece });
      return;
    }
    const data = bytes.subarray(begin, begin + METADATA_PIECE_BYTES);
    peer.sendMetadata({ type: "data", piece, totalBytes: bytes.length, data });
  }

  #totalBytes(): number {
    return this.#info?.totalBytes ?? 0;
  }

  #verifiedBytes(): number {
    const [have, geometry] = [this.#have, this.#geometry];
    if (have === undefined || geometry === undefined || have.count === 0) return 0;
    const last = geometry.pieceCount - 1;
    const full = have.count * geometry.pieceLength;
    return have.has(last) ? full - geometry.pieceLength + geometry.pieceBytes(last) : full;
  }

  #updateState(): void {
    if (this.#state === "failed" || this.#state === "closed") return;
    if (this.#isPaused) this.#setState("paused");
    else if (this.#info === undefined) this.#setState("fetching-metadata");
    else if (this.#exchange === undefined) this.#setState("checking");
    else this.#setState(this.isComplete ? "seeding" : "downloading");
  }

  #setState(state: TorrentState): void {
    if (this.#state === state && state !== "checking") return;
    this.#state = state;
    this.#emit({ type: "state", state });
  }

  #fail(cause: unknown): void {
    if (this.#state === "closed" || this.#state === "failed") return;
    const error = toError(cause);
    this.#setState("failed");
    this.#pool.suspend();
    void this.#leaveTrackers();
    this.#emit({ type: "error", error });
  }

  #emit(event: TorrentEvent): void {
    this.#options.observe?.(event);
  }
}

function toError(cause: unknown): Error {
  return cause instanceof Error ? cause : new Error(String(cause));
}
