import type { Disk, Hasher } from "@swarmlab/engine/ports/disk";
import { createTorrent } from "@swarmlab/engine/storage/create-torrent";
import type { TorrentSource } from "./torrent-source.js";

export interface MakeTorrentOptions {
  /** The file or folder. */
  readonly path: string;
  readonly announceUrls: readonly string[];
  readonly pieceLengthBytes: number | undefined;
  readonly isPrivate: boolean;
  readonly createdBy: string;
  readonly disk: Disk;
  readonly hasher: Hasher;
  readonly signal: AbortSignal;
  onProgress(hashedBytes: number, totalBytes: number): void;
}

/** Makes a torrent of a file or folder, to be seeded from where it is. Rejects with a StorageError or MetainfoError. */
export async function makeTorrent(options: MakeTorrentOptions): Promise<TorrentSource> {
  const { announceUrls, pieceLengthBytes } = options;
  const { metainfo, bytes, directory, resumeState } = await createTorrent({
    path: options.path,
    disk: options.disk,
    hasher: options.hasher,
    announceTiers: announceUrls.map((url) => [url]),
    ...(pieceLengthBytes === undefined ? {} : { pieceLengthBytes }),
    isPrivate: options.isPrivate,
    createdBy: options.createdBy,
    creationDate: new Date(),
    signal: options.signal,
    onProgress: options.onProgress,
  });
  return {
    infoHash: metainfo.info.infoHash,
    info: metainfo.info,
    announceTiers: metainfo.announceTiers,
    peers: [],
    directory,
    torrentFile: bytes,
    resumeState,
  };
}
