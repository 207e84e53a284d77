import type { PeerStats } from "@swarmlab/engine/torrent/torrent-stats";
import { Counter, Gauge, type Registry } from "prom-client";
import { CollectedHistogram } from "./collected-histogram.js";
import { registerLinkMetrics } from "./link-metrics.js";
import type { PeerView } from "./peer-view.js";

const PEER_STATES: Readonly<Record<string, (peer: PeerStats) => boolean>> = {
  connected: () => true,
  seed: (peer) => peer.isSeed,
  choking_us: (peer) => peer.isChokingUs,
  unchoked_by_us: (peer) => peer.isUnchoked,
  interested: (peer) => peer.isInterested,
  interesting: (peer) => peer.weAreInterested,
  snubbed: (peer) => peer.isSnubbing,
};

/** All metrics of a peer. They are read from the engine's own figures when somebody asks. */
export function registerMetrics(registry: Registry, view: PeerView): void {
  registerTraffic(registry, view);
  registerTorrents(registry, view);
  registerSwarm(registry, view);
  registerLinkMetrics(registry, view);
}

function registerTraffic(registry: Registry, { session }: PeerView): void {
  const registers = [registry];
  const { metrics } = session;
  // A block's payload counts from its first byte, so at times it is ahead of all bytes; a counter may not fall.
  const protocolBytes = { received: 0, sent: 0 };
  const protocol = (direction: "received" | "sent", allBytes: number, payloadBytes: number) => {
    protocolBytes[direction] = Math.max(protocolBytes[direction], allBytes - payloadBytes);
    return protocolBytes[direction];
  };

  new Counter({
    name: "swarmlab_peer_received_bytes_total",
    help: "Bytes from peers: payload of blocks, and protocol, which is everything else",
    labelNames: ["kind"] as const,
    registers,
    collect() {
      let allBytes = 0;
      for (const torrent of session.torrents) allBytes += torrent.stats().receivedBytes;
      const payloadBytes = metrics.payloadReceivedBytes;
      this.reset();
      this.inc({ kind: "payload" }, payloadBytes);
      this.inc({ kind: "protocol" }, protocol("received", allBytes, payloadBytes));
    },
  });

  new Counter({
    name: "swarmlab_peer_sent_bytes_total",
    help: "Bytes to peers: payload of blocks, and protocol, which is everything else",
    labelNames: ["kind"] as const,
    registers,
    collect() {
      let allBytes = 0;
      for (const torrent of session.torrents) allBytes += torrent.stats().sentBytes;
      const payloadBytes = metrics.payloadSentBytes;
      this.reset();
      this.inc({ kind: "payload" }, payloadBytes);
      this.inc({ kind: "protocol" }, protocol("sent", allBytes, payloadBytes));
    },
  });

  new Counter({
    name: "swarmlab_peer_wasted_bytes_total",
    help: "Payload that came and was of no use: it came twice, unasked, or in a piece that failed its hash",
    registers,
    collect() {
      let bytes = 0;
      for (const torrent of session.torrents) {
        const { wastedBytes, failedBytes } = torrent.stats();
        bytes += wastedBytes + failedBytes;
      }
      this.reset();
      this.inc(bytes);
    },
  });

  new CollectedHistogram(
    "swarmlab_peer_request_latency_seconds",
    "Time from a request to its whole block",
    metrics.requestLatencySeconds,
    registry,
  );
}

function registerTorrents(registry: Registry, { session, joinedAt, completedAt }: PeerView): void {
  const registers = [registry];
  const { metrics } = session;

  new Counter({
    name: "swarmlab_peer_pieces_total",
    help: "Pieces that were fetched and verified, or failed their hash",
    labelNames: ["result"] as const,
    registers,
    collect() {
      this.reset();
      this.inc({ result: "verified" }, metrics.piecesVerified);
      this.inc({ result: "failed" }, metrics.piecesFailed);
    },
  });

  const torrentGauge = (name: string, help: string, read: (stats: TorrentFigures) => number) =>
    new Gauge({
      name,
      help,
      labelNames: ["info_hash", "name"] as const,
      registers,
      collect() {
        this.reset();
        for (const torrent of session.torrents) {
          const stats = torrent.stats();
          this.set({ info_hash: stats.infoHash, name: stats.name ?? "" }, read(stats));
        }
      },
    });
  torrentGauge("swarmlab_peer_torrent_size_bytes", "Size of the torrent", (stats) => stats.totalBytes);
  torrentGauge(
    "swarmlab_peer_torrent_verified_bytes",
    "What is held of it and verified",
    (stats) => stats.verifiedBytes,
  );
  torrentGauge(
    "swarmlab_peer_torrent_completion_ratio",
    "0 to 1: the part that is verified",
    completionRatio,
  );

  const timestamp = (name: string, help: string, read: () => Date | undefined) =>
    new Gauge({
      name,
      help: `${help}, in Unix time; absent before`,
      registers,
      collect() {
        const at = read();
        if (at === undefined) this.remove();
        else this.set(at.getTime() / 1000);
      },
    });
  timestamp("swarmlab_peer_start_timestamp_seconds", "When the peer joined the swarm", joinedAt);
  timestamp(
    "swarmlab_peer_complete_timestamp_seconds",
    "When everything was verified and on the disk",
    completedAt,
  );
}

interface TorrentFigures {
  readonly state: string;
  readonly totalBytes: number;
  readonly verifiedBytes: number;
}

function completionRatio({ state, totalBytes, verifiedBytes }: TorrentFigures): number {
  if (totalBytes > 0) return verifiedBytes / totalBytes;
  // Without the metadata nothing is there; an empty torrent is complete.
  return state === "seeding" ? 1 : 0;
}

function registerSwarm(registry: Registry, { session }: PeerView): void {
  const registers = [registry];
  const { metrics } = session;

  new Gauge({
    name: "swarmlab_peer_peers",
    help: "Connected peers by what is true of them; a peer counts in several states",
    labelNames: ["state"] as const,
    registers,
    collect() {
      const peers = [...session.torrents].flatMap((torrent) => torrent.peerStats());
      for (const [state, isIn] of Object.entries(PEER_STATES)) this.set({ state }, peers.filter(isIn).length);
    },
  });

  new Counter({
    name: "swarmlab_peer_connections_total",
    help: "Connections to peers that were opened, by who began them",
    labelNames: ["direction"] as const,
    registers,
    collect() {
      this.reset();
      this.inc({ direction: "incoming" }, metrics.connectionsOpenedIncoming);
      this.inc({ direction: "outgoing" }, metrics.connectionsOpenedOutgoing);
    },
  });

  new Counter({
    name: "swarmlab_peer_bans_total",
    help: "Peers that were cut off and kept away, because they sent bad data",
    registers,
    collect() {
      this.reset();
      this.inc(metrics.peersBanned);
    },
  });

  new Counter({
    name: "swarmlab_peer_announces_total",
    help: "Announces to trackers",
    labelNames: ["result"] as const,
    registers,
    collect() {
      this.reset();
      this.inc({ result: "succeeded" }, metrics.announcesSucceeded);
      this.inc({ result: "failed" }, metrics.announcesFailed);
    },
  });

  new Gauge({
    name: "swarmlab_peer_limit_bits_per_second",
    help: "The peer's own limits; absent where there is none",
    labelNames: ["direction"] as const,
    registers,
    collect() {
      this.reset();
      const { uploadLimiter, downloadLimiter } = session;
      if (uploadLimiter.bitsPerSecond !== undefined)
        this.set({ direction: "up" }, uploadLimiter.bitsPerSecond);
      if (downloadLimiter.bitsPerSecond !== undefined)
        this.set({ direction: "down" }, downloadLimiter.bitsPerSecond);
    },
  });
}
