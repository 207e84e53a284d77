import { mkdir, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { Logger } from "@swarmlab/telemetry/logger";
import type { Output } from "../output/output.js";
import type { PeerNode } from "../peer-node.js";
import { type PeerSettings, version } from "../settings.js";
import type { Catalogue } from "./catalogue.js";
import { makeTorrent } from "./make-torrent.js";
import { provideContent } from "./provide-content.js";
import { resolveTorrent } from "./resolve-torrent.js";
import { SourceError } from "./source-error.js";
import type { TorrentSource } from "./torrent-source.js";
import { trackerAddress } from "./tracker-address.js";

/** The least time between two events that tell how far the hashing is. */
const HASHING_INTERVAL_MS = 500;

/** The torrent that the settings name, or one that is made of `--file`. Rejects with a coded error that says what is wrong. */
export async function findSource(
  settings: PeerSettings,
  catalogues: readonly Catalogue[],
  { network, disk, hasher }: Pick<PeerNode, "network" | "disk" | "hasher">,
  { output, logger, signal }: { output: Output; logger: Logger; signal: AbortSignal },
): Promise<TorrentSource> {
  const { file, make, seed, torrent, torrentOut } = settings;
  const announceUrls = settings.tracker.map((url) => trackerAddress(url).announceUrl);
  if (file !== undefined) {
    const isToMake = make !== undefined && seed !== undefined;
    const made = { file, directory: settings.dir, disk, logger, signal };
    const path = isToMake ? await provideContent({ ...made, sizeBytes: make, seed }) : file;
    logger.info({ path }, "making the torrent");
    let shownAtMs = performance.now();
    const source = await makeTorrent({
      path,
      announceUrls,
      pieceLengthBytes: settings.pieceLength,
      isPrivate: settings.private,
      createdBy: `Swarmlab ${version}`,
      disk,
      hasher,
      signal,
      onProgress: (hashedBytes, totalBytes) => {
        const nowMs = performance.now();
        if (nowMs - shownAtMs < HASHING_INTERVAL_MS && hashedBytes < totalBytes) return;
        shownAtMs = nowMs;
        output.show({ event: "hashing", hashedBytes, totalBytes });
      },
    });
    if (torrentOut !== undefined && source.torrentFile !== undefined) {
      await writeTorrentFile(resolve(torrentOut), source.torrentFile);
    }
    return source;
  }
  if (torrent === undefined) throw new TypeError("the settings name neither a file nor a torrent");
  const directory = resolve(settings.dir);
  if (settings.role === "leecher") await makeDirectory(directory);
  return resolveTorrent(torrent, {
    catalogues,
    network,
    announceUrls,
    directory,
    waitTimeoutMs: settings.waitTimeout,
    logger,
    signal,
  });
}

async function writeTorrentFile(path: string, torrentFile: Uint8Array): Promise<void> {
  try {
    await writeFile(path, torrentFile);
  } catch (cause) {
    throw new SourceError("NOT_WRITTEN", `cannot write the torrent: ${reasonOf(cause)}`, { cause });
  }
}

async function makeDirectory(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
  } catch (cause) {
    throw new SourceError("NO_DIRECTORY", `cannot make the folder: ${reasonOf(cause)}`, { cause });
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
