import { mkdir, rename, rm, statfs } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import type { Disk } from "@swarmlab/engine/ports/disk";
import { listContent } from "@swarmlab/engine/storage/content-list";
import { isMadeContent, makeContent } from "@swarmlab/engine/storage/make-content";
import type { Logger } from "@swarmlab/telemetry/logger";
import { formatBytes } from "../output/quantities.js";
import { SourceError } from "./source-error.js";

export interface ProvideContentOptions {
  /** The file or folder that the user named. */
  readonly file: string;
  readonly sizeBytes: number;
  readonly seed: string;
  /** Where content is made. */
  readonly directory: string;
  readonly disk: Disk;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

const MADE_FILE = "content.bin";

/**
 * The path of what to seed: the user's file or folder, or when that folder holds nothing, a folder of the same name with
 * one file in it, made from the seed. It is made once. Rejects with StorageError `BAD_CONTENT`, SourceError `NOT_MADE`, or
 * the signal's reason.
 */
export async function provideContent(options: ProvideContentOptions): Promise<string> {
  const { file, sizeBytes, seed, directory, disk, logger, signal } = options;
  const given = resolve(file);
  if ((await listContent(disk, given, signal)).files.length > 0) return given;
  const folder = join(resolve(directory), basename(given));
  const path = join(folder, MADE_FILE);
  try {
    await mkdir(folder, { recursive: true });
    await requireNothingElse(disk, folder, signal);
    const facts = { reason: `${given} holds nothing`, path, sizeBytes, seed };
    if (await isMadeContent(path, sizeBytes, seed)) {
      logger.info(facts, "the content made before is there");
    } else {
      logger.info(facts, "making content");
      await requireRoom(folder, sizeBytes);
      await makeWhole(path, sizeBytes, seed, signal);
    }
    return folder;
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof SourceError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new SourceError("NOT_MADE", `cannot make content: ${reason}`, { cause: error });
  }
}

/** What else there is would be seeded with it, and is not ours to remove. */
async function requireNothingElse(disk: Disk, folder: string, signal: AbortSignal): Promise<void> {
  const { files } = await listContent(disk, folder, signal);
  const other = files.find(({ path }) => path.join("/") !== MADE_FILE);
  if (other === undefined) return;
  const stranger = join(folder, ...other.path);
  throw new SourceError("NOT_MADE", `cannot make content: ${stranger} is in its place; give another --dir`);
}

async function requireRoom(folder: string, sizeBytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  const freeBytes = bavail * bsize;
  if (sizeBytes <= freeBytes) return;
  throw new SourceError(
    "NOT_MADE",
    `cannot make content: ${formatBytes(sizeBytes)} are wanted, and ${formatBytes(freeBytes)} are free in ${folder}`,
  );
}

/** Beside its place first, so that there is the whole file or none. */
async function makeWhole(path: string, sizeBytes: number, seed: string, signal: AbortSignal): Promise<void> {
  const partial = join(path, "..", `.${MADE_FILE}.part`);
  await rm(partial, { force: true });
  try {
    await makeContent(partial, sizeBytes, seed, signal);
    await rename(partial, path);
  } finally {
    await rm(partial, { force: true });
  }
}
