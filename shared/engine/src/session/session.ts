import type { Handshake } from "@swarmlab/wire/handshake";
import { makePeerId } from "@swarmlab/wire/peer-id";
import { EngineMetrics } from "../metrics.js";
import { PeerError } from "../peer/peer-error.js";
import { type MessageReceiver, PeerTransport } from "../peer/peer-transport.js";
import { RateMeter } from "../peer/rate-meter.js";
import type { Clock, Timer } from "../ports/clock.js";
import type { Disk, Hasher } from "../ports/disk.js";
import type { ByteStream, Listener, Network, SocketAddress } from "../ports/network.js";
import { type Random, randomBytes } from "../ports/random.js";
import { Torrent } from "../torrent/torrent.js";
import type { TorrentOptions } from "../torrent/torrent-options.js";
import { TrackerClient } from "../tracker-client/tracker-client.js";
import { RateLimiter } from "./rate-limiter.js";

const TICK_MS = 500;
const HANDSHAKE_TIMEOUT_MS = 10_000;
/** Incoming connections that have not said which torrent they want. */
const MAX_UNIDENTIFIED = 100;

export interface SessionOptions {
  readonly network: Network;
  readonly clock: Clock;
  readonly random: Random;
  readonly disk: Disk;
  readonly hasher: Hasher;
  /** Where peers may connect to; port 0 lets the system choose. */
  readonly listen: SocketAddress;
  /** Payload limits in bits per second; none when left out. */
  readonly uploadBitsPerSecond?: number;
  readonly downloadBitsPerSecond?: number;
}

/** A BitTorrent client: a listening port, limits, and any number of torrents. It owns no state outside of itself. */
export class Session {
  /** 20 bytes that name this client to others. */
  readonly peerId: Uint8Array;
  readonly metrics = new EngineMetrics();
  readonly uploadLimiter: RateLimiter;
  readonly downloadLimiter: RateLimiter;
  readonly #options: SessionOptions;
  readonly #trackerClient: TrackerClient;
  readonly #torrents = new Map<string, Torrent>();
  readonly #unidentified = new Set<PeerTransport>();
  readonly #uploaded: RateMeter;
  #listener: Listener | undefined;
  #timer: Timer | undefined;
  #isClosed = false;

  private constructor(options: SessionOptions) {
    const { clock, random, network } = options;
    this.#options = options;
    this.peerId = makePeerId(randomBytes(random, 12));
    this.uploadLimiter = new RateLimiter(clock, options.uploadBitsPerSecond);
    this.downloadLimiter = new RateLimiter(clock, options.downloadBitsPerSecond);
    this.#trackerClient = new TrackerClient({ network, clock, random });
    this.#uploaded = new RateMeter(clock.nowMs());
  }

  /** Starts to listen. Rejects with the system's error when the address cannot be had. */
  static async open(options: SessionOptions): Promise<Session> {
    const session = new Session(options);
    session.#listener = await options.network.listen(options.listen, (stream) => session.#onIncoming(stream));
    session.#tick();
    return session;
  }

  /** Where peers may connect to. */
  get listenAddress(): SocketAddress {
    return this.#listener?.address ?? this.#options.listen;
  }

  get torrents(): Iterable<Torrent> {
    return this.#torrents.values();
  }

  /** Adds a torrent and starts it. Throws RangeError when it is there already. */
  addTorrent(options: TorrentOptions): Torrent {
    const key = Buffer.from(options.infoHash).toString("hex");
    if (this.#torrents.has(key)) throw new RangeError(`torrent ${key} was added before`);
    const { network, clock, random, disk, hasher } = this.#options;
    const torrent = new Torrent(
      {
        network,
        clock,
        random,
        disk,
        hasher,
        peerId: this.peerId,
        trackerClient: this.#trackerClient,
        uploadLimiter: this.uploadLimiter,
        downloadLimiter: this.downloadLimiter,
        metrics: this.metrics,
        listenPort: () => this.listenAddress.port,
        uploadBytesPerSecond: () => this.#uploaded.bytesPerSecond,
      },
      options,
    );
    this.#torrents.set(key, torrent);
    torrent.start();
    return torrent;
  }

  /** Takes a torrent out; what it has on the disk stays. */
  async removeTorrent(torrent: Torrent): Promise<void> {
    this.#torrents.delete(Buffer.from(torrent.infoHash).toString("hex"));
    await torrent.close();
  }

  /** Leaves all swarms, tells the trackers, and frees everything. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#timer?.cancel();
    for (const transport of this.#unidentified) transport.close();
    await Promise.all([
      this.#listener?.close(),
      ...[...this.#torrents.values()].map((torrent) => torrent.close()),
    ]);
    this.uploadLimiter.close();
    this.downloadLimiter.close();
    await this.#trackerClient.close();
  }

  #onIncoming(stream: ByteStream): void {
    const transport: PeerTransport = new PeerTransport(stream, {
      clock: this.#options.clock,
      downloadLimiter: this.downloadLimiter,
      onHandshake: (_, handshake) => this.#route(transport, handshake),
      onEarlyClose: () => this.#unidentified.delete(transport),
    });
    if (this.#isClosed || this.#unidentified.size >= MAX_UNIDENTIFIED) {
      transport.close(new PeerError("FULL", "too many connections without a handshake"));
    } else {
      this.#unidentified.add(transport);
    }
  }

  #route(transport: PeerTransport, handshake: Handshake): MessageReceiver | undefined {
    this.#unidentified.delete(transport);
    return this.#torrents.get(Buffer.from(handshake.infoHash).toString("hex"))?.accept(transport, handshake);
  }

  #tick(): void {
    if (this.#isClosed) return;
    const nowMs = this.#options.clock.nowMs();
    this.#uploaded.add(this.metrics.payloadSentBytes - this.#uploaded.totalBytes);
    this.#uploaded.tick(nowMs);
    for (const transport of this.#unidentified) {
      if (nowMs - transport.openedAtMs > HANDSHAKE_TIMEOUT_MS) {
        transport.close(new PeerError("TIMEOUT", "no handshake"));
      }
    }
    for (const torrent of this.#torrents.values()) torrent.tick(nowMs);
    this.#timer = this.#options.clock.setTimer(TICK_MS, () => this.#tick());
  }
}
