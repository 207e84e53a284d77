import type { Logger } from "@swarmlab/telemetry/logger";
import type { CatalogueEntry } from "@swarmlab/tracker-protocol/catalogue";
import { BackOff } from "../back-off.js";
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
 * Looks for a torrent in the catalogues, and waits for trackers that do not answer yet, and for a name that is not
 * there yet or that nobody seeds yet: a torrent of an earlier time may have the same name. Of several that are seeded the
 * one added last is taken; when time is up, the only one there is, seeded or not.
 * Resolves with undefined when an info hash is in no catalogue: peers may know it all the same.
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
    const { found, unseeded, problem } = await askAll(query, options);
    if (found !== undefined) return found;
    if (query.kind === "info-hash" && problem === undefined) return undefined;
    const isOver = performance.now() >= deadlineMs;
    if (isOver && unseeded !== undefined) return await onlyOne(unseeded, textOf(query), signal);
    const reason =
      unseeded === undefined
        ? (problem?.message ?? `no torrent of the name "${textOf(query)}" is in the catalogue`)
        : `nobody seeds "${textOf(query)}" yet`;
    if (isOver) {
      const waited = `${reason} (waited ${waitTimeoutMs / 1000} s)`;
      throw new CatalogueError(problem?.code ?? "NOT_FOUND", waited, { cause: problem });
    }
    logger[attempt === 1 ? "info" : "debug"]({ torrent: textOf(query), reason }, "waiting for the torrent");
    await backOff.wait(signal);
  }
}

/** Torrents of a name of which none has a seeder. */
interface Unseeded {
  readonly catalogue: Catalogue;
  readonly entries: readonly CatalogueEntry[];
}

interface Round {
  readonly found?: FoundTorrent | undefined;
  readonly unseeded?: Unseeded | undefined;
  /** Why the answer may be another one later. */
  readonly problem?: CatalogueError | undefined;
}

async function askAll(
  query: CatalogueQuery,
  { catalogues, logger, signal }: FindTorrentOptions,
): Promise<Round> {
  let unseeded: Unseeded | undefined;
  let problem: CatalogueError | undefined;
  let withoutCatalogue: CatalogueError | undefined;
  let answers = 0;
  for (const catalogue of catalogues) {
    try {
      const round = await ask(query, catalogue, signal);
      if (round.found !== undefined) return round;
      unseeded ??= round.unseeded;
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
  return { unseeded, problem };
}

async function ask(query: CatalogueQuery, catalogue: Catalogue, signal: AbortSignal): Promise<Round> {
  if (query.kind === "info-hash") return { found: await fetchFrom(catalogue, textOf(query), signal) };
  const entries = await catalogue.named(query.name, signal);
  const seeded = entries.filter(({ seeders }) => seeders > 0);
  const newest = seeded.reduce<CatalogueEntry | undefined>(
    (latest, entry) => (latest === undefined || addedMs(entry) >= addedMs(latest) ? entry : latest),
    undefined,
  );
  if (newest !== undefined) return { found: await fetchFrom(catalogue, newest.infoHash, signal) };
  return entries.length === 0 ? {} : { unseeded: { catalogue, entries } };
}

async function onlyOne(
  { catalogue, entries }: Unseeded,
  name: string,
  signal: AbortSignal,
): Promise<FoundTorrent | undefined> {
  const [only, ...others] = entries;
  if (only === undefined || others.length > 0) {
    const hashes = entries.map(({ infoHash }) => infoHash).join(", ");
    throw new CatalogueError(
      "AMBIGUOUS_NAME",
      `several torrents have the name "${name}" and nobody seeds one: give one of ${hashes}`,
    );
  }
  const found = await fetchFrom(catalogue, only.infoHash, signal);
  if (found !== undefined) return found;
  throw new CatalogueError("NOT_FOUND", `the catalogue has no torrent of the name "${name}" any more`);
}

async function fetchFrom(
  catalogue: Catalogue,
  infoHash: string,
  signal: AbortSignal,
): Promise<FoundTorrent | undefined> {
  const torrentFile = await catalogue.torrentFile(infoHash, signal);
  return torrentFile === undefined ? undefined : { infoHash, torrentFile };
}

function addedMs({ addedAt }: CatalogueEntry): number {
  return Date.parse(addedAt);
}

function textOf(query: CatalogueQuery): string {
  return query.kind === "name" ? query.name : Buffer.from(query.infoHash).toString("hex");
}
