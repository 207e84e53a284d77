import { ApiError } from "@swarmlab/telemetry/control-app";
import type { Logger } from "@swarmlab/telemetry/logger";
import {
  type CatalogueEntry,
  type CatalogueList,
  cataloguePaths,
  maxTorrentFileBytes,
  torrentMediaType,
} from "@swarmlab/tracker-protocol/catalogue";
import express, { Router } from "express";
import type { SwarmStore } from "../store/swarm-store.js";
import { type Catalogue, CatalogueError, type CatalogueTorrent } from "./catalogue.js";

/** The catalogue's HTTP API; its messages are those of the tracker protocol's `catalogue`. */
export function catalogueRoutes(catalogue: Catalogue, store: SwarmStore, logger: Logger): Router {
  const router = Router();

  router.get(cataloguePaths.torrents, (request, response) => {
    const { name } = request.query;
    const listed = catalogue.list().filter((torrent) => name === undefined || torrent.name === name);
    const list: CatalogueList = { torrents: listed.map((torrent) => entryOf(torrent, store)) };
    response.json(list);
  });

  router.post(
    cataloguePaths.torrents,
    express.raw({ type: () => true, limit: maxTorrentFileBytes }),
    async (request, response) => {
      // Without a body, express leaves an empty object.
      const bytes: unknown = request.body;
      const { torrent, isNew } = await addTo(
        catalogue,
        bytes instanceof Uint8Array ? bytes : new Uint8Array(),
      );
      if (isNew) {
        store.pin(Buffer.from(torrent.infoHash, "hex"));
        logger.info({ torrent: torrent.name, infoHash: torrent.infoHash }, "torrent added");
      }
      response
        .status(isNew ? 201 : 200)
        .location(cataloguePaths.torrent(torrent.infoHash))
        .json(entryOf(torrent, store));
    },
  );

  router.get(cataloguePaths.torrentFile(":infoHash"), async (request, response) => {
    await sendFile(find(catalogue, request.params.infoHash), response);
  });

  router.get(cataloguePaths.torrent(":infoHash"), async (request, response) => {
    const torrent = find(catalogue, request.params.infoHash);
    response.vary("Accept");
    if (request.accepts(["application/json", torrentMediaType]) === torrentMediaType) {
      await sendFile(torrent, response);
    } else {
      response.json(entryOf(torrent, store));
    }
  });

  router.delete(cataloguePaths.torrent(":infoHash"), async (request, response) => {
    const { infoHash, name } = find(catalogue, request.params.infoHash);
    await catalogue.remove(infoHash);
    store.unpin(Buffer.from(infoHash, "hex"));
    logger.info({ torrent: name, infoHash }, "torrent removed");
    response.status(204).end();
  });

  async function sendFile(torrent: CatalogueTorrent, response: express.Response): Promise<void> {
    const bytes = await catalogue.readFile(torrent.infoHash);
    response.attachment(`${torrent.name}.torrent`).type(torrentMediaType).send(bytes);
  }

  return router;
}

function find(catalogue: Catalogue, parameter: unknown): CatalogueTorrent {
  const infoHash = String(parameter);
  const torrent = catalogue.get(infoHash.toLowerCase());
  if (torrent === undefined)
    throw new ApiError(404, "UNKNOWN_TORRENT", `no torrent has the info hash ${infoHash}`);
  return torrent;
}

async function addTo(catalogue: Catalogue, bytes: Uint8Array) {
  try {
    return await catalogue.add(bytes);
  } catch (error) {
    if (!(error instanceof CatalogueError)) throw error;
    const status = error.code === "BAD_TORRENT" ? 400 : 507;
    throw new ApiError(status, error.code, error.message, { cause: error });
  }
}

function entryOf(torrent: CatalogueTorrent, store: SwarmStore): CatalogueEntry {
  const figures = store.figures(Buffer.from(torrent.infoHash, "hex"));
  return {
    name: torrent.name,
    infoHash: torrent.infoHash,
    totalBytes: torrent.totalBytes,
    pieceCount: torrent.pieceCount,
    files: [...torrent.files],
    seeders: figures?.seeders ?? 0,
    leechers: figures?.leechers ?? 0,
    completed: figures?.completed ?? 0,
    addedAt: torrent.addedAt.toISOString(),
  };
}
