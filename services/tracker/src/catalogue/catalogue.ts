import { randomBytes } from "node:crypto";
import { mkdir, open, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { BencodeError } from "@swarmlab/bencode/error";
import { MetainfoError } from "@swarmlab/metainfo/error";
import { parseMetainfo } from "@swarmlab/metainfo/metainfo";
import type { Logger } from "@swarmlab/telemetry/logger";
import { maxTorrentFileBytes } from "@swarmlab/tracker-protocol/catalogue";

/** A torrent of the catalogue; its bytes are on disk. */
export interface CatalogueTorrent {
  readonly name: string;
  /** 40 hexadecimal digits, lower case. */
  readonly infoHash: string;
  readonly totalBytes: number;
  readonly pieceCount: number;
  readonly files: readonly { readonly path: string; readonly sizeBytes: number }[];
  readonly addedAt: Date;
}

/** Why a torrent was not taken into the catalogue. */
export class CatalogueError extends Error {
  override readonly name = "CatalogueError";

  constructor(
    readonly code: "BAD_TORRENT" | "CATALOGUE_FULL",
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

export interface CatalogueOptions {
  /** Made when it is missing. */
  readonly directory: string;
  readonly logger: Logger;
  readonly maxTorrents: number;
  /** Gives up opening, with its reason. */
  readonly signal: AbortSignal;
}

const fileName = /^([0-9a-f]{40})\.torrent$/;

/** The torrents that a tracker hands out, each a file INFOHASH.torrent in one directory. */
export class Catalogue {
  readonly #options: CatalogueOptions;
  /** In the order in which they were added. */
  readonly #torrents = new Map<string, CatalogueTorrent>();

  private constructor(options: CatalogueOptions) {
    this.#options = options;
  }

  /** Reads the directory. A file that cannot be used is named in the log and left as it is. */
  static async open(options: CatalogueOptions): Promise<Catalogue> {
    const catalogue = new Catalogue(options);
    await mkdir(options.directory, { recursive: true });
    const loaded: CatalogueTorrent[] = [];
    for (const name of (await readdir(options.directory)).sort()) {
      const infoHash = fileName.exec(name)?.[1];
      options.signal.throwIfAborted();
      if (infoHash === undefined) continue;
      const path = join(options.directory, name);
      try {
        const { mtime, size } = await stat(path);
        if (size > maxTorrentFileBytes) throw new CatalogueError("BAD_TORRENT", "the file is too large");
        const torrent = describeTorrent(await readFile(path), mtime);
        if (torrent.infoHash !== infoHash)
          throw new CatalogueError("BAD_TORRENT", "the name is not its info hash");
        loaded.push(torrent);
      } catch (error) {
        options.logger.warn({ file: path, reason: String(error) }, "torrent skipped");
      }
    }
    loaded.sort((a, b) => a.addedAt.getTime() - b.addedAt.getTime());
    for (const torrent of loaded) catalogue.#torrents.set(torrent.infoHash, torrent);
    return catalogue;
  }

  get size(): number {
    return this.#torrents.size;
  }

  list(): CatalogueTorrent[] {
    return [...this.#torrents.values()];
  }

  get(infoHash: string): CatalogueTorrent | undefined {
    return this.#torrents.get(infoHash);
  }

  /** The `.torrent` of a torrent that is in the catalogue. */
  readFile(infoHash: string): Promise<Buffer> {
    return readFile(this.#pathOf(infoHash));
  }

  /** Takes a `.torrent`; once it returns, the file survives a power cut. `isNew` is false for one that is there already. */
  async add(bytes: Uint8Array): Promise<{ torrent: CatalogueTorrent; isNew: boolean }> {
    const torrent = describeTorrent(bytes, new Date());
    const known = this.#torrents.get(torrent.infoHash);
    if (known !== undefined) return { torrent: known, isNew: false };
    if (this.#torrents.size >= this.#options.maxTorrents) {
      throw new CatalogueError(
        "CATALOGUE_FULL",
        `the catalogue holds ${this.#options.maxTorrents} torrents already`,
      );
    }
    await writeDurably(this.#options.directory, this.#pathOf(torrent.infoHash), bytes, torrent.addedAt);
    // Another request may have added the same torrent meanwhile.
    const added = this.#torrents.get(torrent.infoHash);
    if (added !== undefined) return { torrent: added, isNew: false };
    this.#torrents.set(torrent.infoHash, torrent);
    return { torrent, isNew: true };
  }

  /** Removes a torrent and its file; false when it is not there. */
  async remove(infoHash: string): Promise<boolean> {
    if (!this.#torrents.delete(infoHash)) return false;
    await rm(this.#pathOf(infoHash), { force: true });
    return true;
  }

  #pathOf(infoHash: string): string {
    return join(this.#options.directory, `${infoHash}.torrent`);
  }
}

function describeTorrent(bytes: Uint8Array, addedAt: Date): CatalogueTorrent {
  try {
    const { info } = parseMetainfo(bytes);
    return {
      name: info.name,
      infoHash: Buffer.from(info.infoHash).toString("hex"),
      totalBytes: info.totalBytes,
      pieceCount: info.pieceCount,
      files: info.files
        .filter((file) => !file.isPadding)
        .map((file) => ({ path: file.path.join("/"), sizeBytes: file.lengthBytes })),
      addedAt,
    };
  } catch (error) {
    if (!(error instanceof BencodeError || error instanceof MetainfoError)) throw error;
    throw new CatalogueError("BAD_TORRENT", `not a torrent that can be used: ${error.message}`, {
      cause: error,
    });
  }
}

/** Writes beside the file and renames, so that there is the whole file or none. Its time says when it was added. */
async function writeDurably(directory: string, path: string, bytes: Uint8Array, time: Date): Promise<void> {
  const temporary = `${path}.${randomBytes(6).toString("hex")}.part`;
  try {
    const file = await open(temporary, "wx");
    try {
      await file.writeFile(bytes);
      await file.utimes(time, time);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
    const folder = await open(directory, "r");
    await folder.sync().finally(() => folder.close());
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
