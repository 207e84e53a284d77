import type { Logger } from "@swarmlab/telemetry/logger";
import { BackOff } from "./back-off.js";
import type { Catalogue } from "./catalogue.js";
import { CatalogueError } from "./catalogue-error.js";
import type { TorrentArgument } from "./torrent-argument.js";

export type CatalogueQuery = Extract<TorrentArgument, { kind: "info-hash" | "name" }>;

export interface FindTorrentOptions {
  readonly catalogues: readonly Catalogue[];
  readonly waitTimeoutMs: number;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

export interface FoundTorrent {
  /** Hexadecimal; what the catalogue says it is. */
  readonly infoHash: string;
  readonly torrentFile: Uint8Array;
}

/**
 * Looks for a torrent in the catalogues, and waits for trackers that do not answer yet and for a name that is not
 * there yet. Resolves with undefined when an info hash is in none of them: peers may know it all the same.
 * Rejects with a CatalogueError when the time is up or waiting is of no use, or with the signal's reason.
 */
export async function findTorrent(
  query: CatalogueQuery,
  options: FindTorrentOptions,
): Promise<FoundTorrent | undefined> {
  const { waitTimeoutMs, logger, signal } = options;
  const deadlineMs = performance.now() + waitTimeoutMs;
  const backOff = new BackOff();
  for (let attempt = 1; ; attempt++) {
    const { found, problem } = await askAll(query, options);
    if (found !== undefined) return found;
    if (query.kind === "info-hash" && problem === undefined) return undefined;
    const reason = problem?.message ?? `no torrent of the name "${textOf(query)}" is in the catalogue`;
    if (performance.now() >= deadlineMs) {
      const waited = `${reason} (waited ${waitTimeoutMs / 1000} s)`;
      throw new CatalogueError(problem?.code ?? "NOT_FOUND", waited, { cause: problem });
    }
    logger[attempt === 1 ? "info" : "debug"]({ torrent: textOf(query), reason }, "waiting for the torrent");
    await backOff.wait(signal);
  }
}

interface Round {
  readonly found?: FoundTorrent | undefined;
  /** Why the answer may be another one later. */
  readonly problem?: CatalogueError | undefined;
}

async function askAll(
  query: CatalogueQuery,
  { catalogues, logger, signal }: FindTorrentOptions,
): Promise<Round> {
  let problem: CatalogueError | undefined;
  let withoutCatalogue: CatalogueError | undefined;
  let answers = 0;
  for (const catalogue of catalogues) {
    try {
      const found = await ask(query, catalogue, signal);
      if (found !== undefined) return { found };
      answers++;
    } catch (error) {
      if (!(error instanceof CatalogueError)) throw error;
      if (error.code === "UNREACHABLE") problem = error;
      else if (error.code === "NO_CATALOGUE") withoutCatalogue = error;
      else throw error;
      logger.debug({ err: error }, "the catalogue was of no help");
    }
  }
  if (answers === 0 && problem === undefined && withoutCatalogue !== undefined) throw withoutCatalogue;
  return { problem };
}

async function ask(
  query: CatalogueQuery,
  catalogue: Catalogue,
  signal: AbortSignal,
): Promise<FoundTorrent | undefined> {
  const infoHash = query.kind === "info-hash" ? textOf(query) : await hashOf(query.name, catalogue, signal);
  if (infoHash === undefined) return undefined;
  const torrentFile = await catalogue.torrentFile(infoHash, signal);
  return torrentFile === undefined ? undefined : { infoHash, torrentFile };
}

async function hashOf(name: string, catalogue: Catalogue, signal: AbortSignal): Promise<string | undefined> {
  const [first, ...others] = await catalogue.named(name, signal);
  if (others.length === 0) return first?.infoHash;
  const hashes = [first, ...others].map((entry) => entry?.infoHash).join(", ");
  throw new CatalogueError(
    "AMBIGUOUS_NAME",
    `several torrents have the name "${name}": give one of ${hashes}`,
  );
}

function textOf(query: CatalogueQuery): string {
  return query.kind === "name" ? query.name : Buffer.from(query.infoHash).toString("hex");
}
