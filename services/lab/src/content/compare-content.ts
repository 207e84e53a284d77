import { type FileHandle, open, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { isHidden } from "@swarmlab/engine/storage/content-list";

const CHUNK_BYTES = 1 << 20;

/**
 * Compares a file, or a folder with all files below it, byte by byte with what it should be. Says what the first
 * difference is (files that are there too many count as one; empty folders and what is hidden in a folder do not, for
 * seeders leave it out), or undefined when there is none.
 * Rejects with the system's error, or with the signal's reason.
 */
export async function findDifference(
  expected: string,
  actual: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const [expectedFiles, actualFiles] = await Promise.all([listFiles(expected), listFiles(actual)]);
  const missing = firstOutside(expectedFiles, actualFiles);
  if (missing !== undefined) return `${join(actual, missing)} is missing`;
  const surplus = firstOutside(actualFiles, expectedFiles);
  if (surplus !== undefined) return `${join(actual, surplus)} should not be there`;
  for (const path of expectedFiles) {
    const difference = await findFileDifference(join(expected, path), join(actual, path), signal);
    if (difference !== undefined) return difference;
  }
  return undefined;
}

/** The files below a folder by their paths in it; of a file the empty path. Nothing when there is nothing. */
async function listFiles(root: string): Promise<string[]> {
  const status = await stat(root).catch(() => undefined);
  if (!status?.isDirectory()) return status === undefined ? [] : [""];
  const files: string[] = [];
  const visit = async (folder: string): Promise<void> => {
    for (const entry of await readdir(join(root, folder), { withFileTypes: true })) {
      if (isHidden(entry.name)) continue;
      const path = join(folder, entry.name);
      if (entry.isDirectory()) await visit(path);
      else files.push(path);
    }
  };
  await visit("");
  return files.sort();
}

function firstOutside(paths: readonly string[], others: readonly string[]): string | undefined {
  const known = new Set(others);
  return paths.find((path) => !known.has(path));
}

async function findFileDifference(
  expected: string,
  actual: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const expectedFile = await open(expected);
  try {
    const actualFile = await open(actual);
    try {
      return await findDifferenceBetween(expectedFile, actualFile, actual, signal);
    } finally {
      await actualFile.close();
    }
  } finally {
    await expectedFile.close();
  }
}

async function findDifferenceBetween(
  expectedFile: FileHandle,
  actualFile: FileHandle,
  actual: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const [{ size: expectedBytes }, { size: actualBytes }] = await Promise.all([
    expectedFile.stat(),
    actualFile.stat(),
  ]);
  if (expectedBytes !== actualBytes) return `${actual} has ${actualBytes} bytes instead of ${expectedBytes}`;
  const expectedChunk = Buffer.allocUnsafe(CHUNK_BYTES);
  const actualChunk = Buffer.allocUnsafe(CHUNK_BYTES);
  for (let position = 0; position < expectedBytes; position += CHUNK_BYTES) {
    signal.throwIfAborted();
    const length = Math.min(CHUNK_BYTES, expectedBytes - position);
    await Promise.all([
      fill(expectedChunk.subarray(0, length), expectedFile, position),
      fill(actualChunk.subarray(0, length), actualFile, position),
    ]);
    if (expectedChunk.compare(actualChunk, 0, length, 0, length) !== 0) {
      return `${actual} differs between byte ${position} and byte ${position + length}`;
    }
  }
  return undefined;
}

/** Reads until the chunk is full: a single read may give less. */
async function fill(chunk: Buffer, file: FileHandle, position: number): Promise<void> {
  for (let done = 0; done < chunk.length; ) {
    const { bytesRead } = await file.read(chunk, done, chunk.length - done, position + done);
    if (bytesRead === 0) throw new Error("a file became shorter while it was compared");
    done += bytesRead;
  }
}
