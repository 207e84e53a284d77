import { open } from "node:fs/promises";
import { resolve } from "node:path";
import type { Network, SocketAddress } from "@swarmlab/engine/ports/network";
import type { MagnetLink } from "@swarmlab/metainfo/magnet";
import { type Metainfo, parseMetainfo } from "@swarmlab/metainfo/metainfo";
import { maxTorrentFileBytes } from "@swarmlab/tracker-protocol/catalogue";
import { type FindTorrentOptions, findTorrent } from "./find-torrent.js";
import { SourceError } from "./source-error.js";
import type { TorrentArgument } from "./torrent-argument.js";
import { announceTiersOf, type TorrentSource } from "./torrent-source.js";

export interface ResolveOptions extends FindTorrentOptions {
  readonly network: Network;
  /** The trackers that the user named. */
  readonly announceUrls: readonly string[];
  readonly directory: string;
}

/** Gets hold of the torrent that a `--torrent` argument names. Rejects with SourceError or CatalogueError. */
export async function resolveTorrent(
  argument: TorrentArgument,
  options: ResolveOptions,
): Promise<TorrentSource> {
  switch (argument.kind) {
    case "file": {
      const path = resolve(argument.path);
      const torrentFile = await readTorrentFile(path);
      return { ...fromTorrentFile(torrentFile, path, options), torrentFile };
    }
    case "magnet":
      return fromMagnet(argument.link, options);
    default: {
      const found = await findTorrent(argument, options);
      if (found !== undefined) return fromCatalogue(found.torrentFile, found.infoHash, options);
      if (argument.kind === "name") throw new TypeError("a name is found or refused");
      options.logger.info("not in the catalogue: asking peers for the metadata");
      return withoutMetadata(argument.infoHash, options);
    }
  }
}

async function readTorrentFile(path: string): Promise<Uint8Array> {
  try {
    const file = await open(path);
    try {
      const { size } = await file.stat();
      if (size > maxTorrentFileBytes) {
        throw new SourceError("BAD_TORRENT_FILE", `${path} is too large for a torrent (${size} bytes)`);
      }
      return await file.readFile();
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof SourceError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new SourceError("NO_TORRENT_FILE", `cannot read the torrent: ${reason}`, { cause: error });
  }
}

function fromCatalogue(torrentFile: Uint8Array, infoHash: string, options: ResolveOptions): TorrentSource {
  const source = fromTorrentFile(torrentFile, `the catalogue's ${infoHash}`, options);
  if (Buffer.from(source.infoHash).toString("hex") === infoHash) return source;
  throw new SourceError("WRONG_TORRENT", `the catalogue gave another torrent than ${infoHash}`);
}

function fromTorrentFile(torrentFile: Uint8Array, origin: string, options: ResolveOptions): TorrentSource {
  const metainfo = parse(torrentFile, origin);
  return {
    infoHash: metainfo.info.infoHash,
    info: metainfo.info,
    announceTiers: announceTiersOf(options.announceUrls, metainfo.announceTiers),
    peers: [],
    directory: options.directory,
  };
}

function parse(torrentFile: Uint8Array, origin: string): Metainfo {
  try {
    return parseMetainfo(torrentFile);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new SourceError("BAD_TORRENT_FILE", `${origin} cannot be used: ${reason}`, { cause: error });
  }
}

async function fromMagnet(link: MagnetLink, options: ResolveOptions): Promise<TorrentSource> {
  const { network, signal, logger } = options;
  const peers: SocketAddress[] = [];
  for (const { host, port } of link.peers) {
    try {
      for (const address of await network.resolve(host, signal)) peers.push({ host: address, port });
    } catch (error) {
      signal.throwIfAborted();
      logger.warn({ peer: host, err: error }, "a peer of the magnet link has no address");
    }
  }
  const linkTiers = link.trackers.map((url) => [url]);
  return {
    ...withoutMetadata(link.infoHash, options),
    announceTiers: announceTiersOf(options.announceUrls, linkTiers),
    peers,
  };
}

function withoutMetadata(infoHash: Uint8Array, options: ResolveOptions): TorrentSource {
  const { announceUrls, directory } = options;
  return { infoHash, announceTiers: announceTiersOf(announceUrls, []), peers: [], directory };
}
