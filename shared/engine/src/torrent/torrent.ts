import { parseInfo, type TorrentInfo } from "@swarmlab/metainfo/info";
import { leftUnknown } from "@swarmlab/tracker-protocol/announce";
import { Bitfield } from "@swarmlab/wire/bitfield";
import type { Handshake } from "@swarmlab/wire/handshake";
import { PieceGeometry } from "../download/piece-geometry.js";
import type { PeerConnection } from "../peer/peer-connection.js";
import type { MessageReceiver, PeerTransport } from "../peer/peer-transport.js";
import type { SocketAddress } from "../ports/network.js";
import { StorageError } from "../storage/storage-error.js";
import { TorrentStorage } from "../storage/torrent-storage.js";
import { TrackerAnnouncer } from "../tracker-client/tracker-announcer.js";
import { MetadataFetcher } from "./metadata-fetcher.js";
import { PeerDispatch } from "./peer-dispatch.js";
import { PeerPool } from "./peer-pool.js";
import { watchPeer } from "./peer-watch.js";
import { PieceExchange } from "./piece-exchange.js";
import type { TorrentEvent, TorrentState } from "./torrent-events.js";
import type { TorrentOptions, TorrentServices } from "./torrent-options.js";
import {
  type PeerStats,
  peerStats,
  type TorrentStats,
  TorrentTotals,
  torrentStats,
  verifiedBytes,
} from "./torrent-stats.js";

/** With fewer connections than this a download asks its tracker for more peers. */
const FEW_PEERS = 8;

/** One torrent of a session, from its metadata to the last peer that was served. */
export class Torrent {
  readonly infoHash: Uint8Array;
  readonly #services: TorrentServices;
  readonly #options: TorrentOptions;
  readonly #pool: PeerPool;
  readonly #closing = new AbortController();
  readonly #totals: TorrentTotals;
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

  constructor(services: TorrentServices, options: TorrentOptions) {
    const { clock, network, peerId, downloadLimiter } = services;
    this.infoHash = options.infoHash;
    this.#services = services;
    this.#options = options;
    this.#totals = new TorrentTotals(clock.nowMs());
    const fetcher =
      options.info === undefined
        ? new MetadataFetcher(options.infoHash, clock, (bytes) => this.#onMetadata(bytes))
        : undefined;
    this.#fetcher = fetcher;
    this.#pool = new PeerPool({
      infoHash: options.infoHash,
      peerId,
      network,
      clock,
      downloadLimiter,
      maxConnections: options.maxConnections ?? 100,
      listener: new PeerDispatch({
        pool: () => this.#pool,
        totals: this.#totals,
        metrics: services.metrics,
        fetcher,
        info: () => this.#info,
        exchange: () => this.#exchange,
        emit: (event) => this.#emit(event),
        fail: (error) => this.#fail(error),
      }),
      pieceCount: () => this.#geometry?.pieceCount,
      onOpen: (peer) => this.#onOpen(peer),
    });
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

  /** Announces to the trackers at once, for example because one that refused the torrent knows it by now. */
  announce(): void {
    this.#announcer?.announceNow();
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
    // Trackers that do not answer must not keep the disk from being closed in good time.
    const leaving = this.#leaveTrackers();
    await this.#preparing;
    this.#exchange?.close();
    await Promise.allSettled([leaving, this.#storage?.close()]);
  }

  /** Regular work, about twice a second. */
  tick(nowMs: number): void {
    if (this.#state === "closed") return;
    this.#totals.downloaded.tick(nowMs);
    this.#totals.uploaded.tick(nowMs);
    for (const peer of this.#pool.open.values()) {
      if (!watchPeer(peer, nowMs)) continue;
      peer.window.snub();
      this.#exchange?.downloader.cancelAll(peer);
    }
    this.#fetcher?.tick(nowMs);
    if (!this.#isInSwarm) return;
    this.#exchange?.tick(nowMs, this.#services.uploadBytesPerSecond());
    this.#pool.tick(nowMs);
    if (!this.isComplete && this.#pool.open.size < FEW_PEERS) this.#announcer?.requestPeers();
  }

  /** The torrent as it is now. */
  stats(): TorrentStats {
    return torrentStats({
      infoHash: this.infoHash,
      info: this.#info,
      geometry: this.#geometry,
      have: this.#have,
      state: this.#state,
      pool: this.#pool,
      exchange: this.#exchange,
      totals: this.#totals,
    });
  }

  /** Its connected peers as they are now. */
  peerStats(): PeerStats[] {
    return peerStats(this.#pool.open.values(), this.#exchange?.optimisticPeer);
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
    this.#introduce(peer);
    if (peer.supportsExtensions) {
      peer.sendExtendedHandshake(this.#services.listenPort() || undefined, this.#info?.infoBytes.length);
    }
  }

  /** Lets the peer take part in the exchange of pieces, as soon as there is one. */
  #introduce(peer: PeerConnection): void {
    try {
      this.#exchange?.add(peer);
    } catch (error) {
      // What it said before the torrent was known does not fit the torrent.
      peer.close(toError(error));
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
    if (this.#options.mode === "seed" && !have.isComplete) {
      const found = `${have.count} of ${info.pieceCount} pieces`;
      throw new StorageError("INCOMPLETE", `only ${found} of ${info.name} are in ${this.#options.directory}`);
    }
    this.#exchange = this.#newExchange(storage, geometry, have);
    this.#exchange.setPaused(this.#isPaused);
    this.#updateState();
    for (const peer of this.#pool.open.values()) this.#introduce(peer);
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
        this.#totals.failedPieces++;
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
        uploadedBytes: this.#totals.uploaded.totalBytes,
        downloadedBytes: this.#totals.downloaded.totalBytes,
        leftBytes: this.#leftBytes(),
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

  #leftBytes(): number {
    if (this.#have === undefined || this.#geometry === undefined) return leftUnknown;
    return this.#geometry.totalBytes - verifiedBytes(this.#geometry, this.#have);
  }

  async #leaveTrackers(): Promise<void> {
    const announcer = this.#announcer;
    this.#announcer = undefined;
    await announcer?.close();
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
