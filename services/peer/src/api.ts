import type { Torrent } from "@swarmlab/engine/torrent/torrent";
import type { PeerStats, TorrentStats } from "@swarmlab/engine/torrent/torrent-stats";
import { formatLink } from "@swarmlab/scenario/link";
import { formatSocketAddress } from "@swarmlab/settings/addresses";
import { ApiError } from "@swarmlab/telemetry/control-app";
import express, { type Router } from "express";
import { z } from "zod";
import type { PeerView } from "./peer-view.js";

const infoHashSchema = z.string().regex(/^[0-9a-f]{40}$/i);

const rateSchema = z.number().min(1).nullable().optional();
/** `null` lifts a limit; what is left out stays as it is. */
const limitsSchema = z
  .strictObject({ uploadBitsPerSecond: rateSchema, downloadBitsPerSecond: rateSchema })
  .refine((limits) => Object.values(limits).some((rate) => rate !== undefined), "no limit is given");

/** The routes below `/api`; the README describes them. */
export function apiRoutes(view: PeerView): Router {
  const { session } = view;
  const routes = express.Router();

  routes.get("/api/state", (_request, response) => {
    const { link, backend, region, revision, measuredRttMs } = view.link();
    response.json({
      node: view.nodeName,
      role: view.role,
      listen: formatSocketAddress(session.listenAddress),
      uptimeSeconds: (Date.now() - view.startedAt.getTime()) / 1000,
      joinedAt: view.joinedAt()?.toISOString() ?? null,
      completedAt: view.completedAt()?.toISOString() ?? null,
      link: {
        declared: formatLink(link),
        backend,
        region: region ?? null,
        revision: revision ?? null,
        measuredRttMs: measuredRttMs ?? null,
      },
      limits: limitsOf(view),
      torrents: [...session.torrents].map((torrent) => torrentJson(torrent.stats())),
    });
  });

  routes.get("/api/torrents/:infoHash", (request, response) => {
    response.json(torrentJson(torrentOf(view, request.params.infoHash).stats()));
  });

  routes.get("/api/torrents/:infoHash/peers", (request, response) => {
    const peers = torrentOf(view, request.params.infoHash).peerStats();
    response.json({ peers: peers.map(peerJson) });
  });

  routes.get("/api/torrents/:infoHash/pieces", (request, response) => {
    const torrent = torrentOf(view, request.params.infoHash);
    const { pieceCount, verifiedPieces } = torrent.stats();
    const bitfield = Buffer.from(torrent.have?.bytes ?? []).toString("base64");
    response.json({ pieceCount, verifiedPieces, bitfield });
  });

  routes.post("/api/torrents/:infoHash/pause", async (request, response) => {
    const torrent = torrentOf(view, request.params.infoHash);
    await torrent.pause();
    response.json(torrentJson(torrent.stats()));
  });

  routes.post("/api/torrents/:infoHash/resume", (request, response) => {
    const torrent = torrentOf(view, request.params.infoHash);
    torrent.resume();
    response.json(torrentJson(torrent.stats()));
  });

  routes.put("/api/limits", express.json({ limit: "1kb" }), (request, response) => {
    const limits = limitsSchema.safeParse(request.body);
    if (!limits.success) throw new ApiError(400, "BAD_LIMITS", z.prettifyError(limits.error));
    const { uploadBitsPerSecond, downloadBitsPerSecond } = limits.data;
    if (uploadBitsPerSecond !== undefined) session.uploadLimiter.limit(uploadBitsPerSecond ?? undefined);
    if (downloadBitsPerSecond !== undefined)
      session.downloadLimiter.limit(downloadBitsPerSecond ?? undefined);
    response.json(limitsOf(view));
  });

  return routes;
}

function torrentOf({ session }: PeerView, infoHash: string): Torrent {
  if (!infoHashSchema.safeParse(infoHash).success) {
    throw new ApiError(400, "BAD_INFO_HASH", "an info hash is 40 hexadecimal digits");
  }
  const wanted = Buffer.from(infoHash, "hex");
  for (const torrent of session.torrents) if (wanted.equals(torrent.infoHash)) return torrent;
  throw new ApiError(404, "UNKNOWN_TORRENT", `there is no torrent ${infoHash}`);
}

/** `null` where there is no limit. */
function limitsOf({ session }: PeerView) {
  return {
    uploadBitsPerSecond: session.uploadLimiter.bitsPerSecond ?? null,
    downloadBitsPerSecond: session.downloadLimiter.bitsPerSecond ?? null,
  };
}

function torrentJson(stats: TorrentStats) {
  return { ...withBitRates(stats), name: stats.name ?? null };
}

function peerJson(stats: PeerStats) {
  return { ...withBitRates(stats), address: formatSocketAddress(stats.address) };
}

/** Rates outside of the engine are bits per second. */
function withBitRates<
  Stats extends { readonly downloadBytesPerSecond: number; readonly uploadBytesPerSecond: number },
>(stats: Stats) {
  const { downloadBytesPerSecond, uploadBytesPerSecond, ...others } = stats;
  return {
    ...others,
    downloadBitsPerSecond: Math.round(downloadBytesPerSecond * 8),
    uploadBitsPerSecond: Math.round(uploadBytesPerSecond * 8),
  };
}
