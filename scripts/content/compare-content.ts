import { existsSync } from "node:fs";
import { open, readdir, stat } from "node:fs/promises";
import { join } from "node:path";

const chunkBytes = 1 << 20;

export interface CompareOptions {
  /** Takes a file of no bytes for there when it is not. Default false. */
  readonly emptyFilesMayBeMissing?: boolean;
}

/**
 * Compares a file, or a folder with all that is below it, byte by byte with what it should be.
 * Throws an Error that names the first difference; files that are there too many count as one.
 */
export async function assertSameContent(
  expected: string,
  actual: string,
  options: CompareOptions = {},
): Promise<void> {
  const status = await stat(expected);
  if (!status.isDirectory()) {
    if (status.size === 0 && options.emptyFilesMayBeMissing && !existsSync(actual)) return;
    return assertSameFile(expected, actual);
  }
  const [expectedNames, actualNames] = await Promise.all([readdir(expected), readdir(actual)]);
  const surplus = actualNames.find((name) => !expectedNames.includes(name));
  if (surplus !== undefined) throw new Error(`${join(actual, surplus)} should not be there`);
  for (const name of expectedNames)
    await assertSameContent(join(expected, name), join(actual, name), options);
}

async function assertSameFile(expected: string, actual: string): Promise<void> {
  const expectedFile = await open(expected);
  const actualFile = await open(actual).catch(async (error: unknown) => {
    await expectedFile.close();
    throw error;
  });
  try {
    const [expectedStat, actualStat] = await Promise.all([expectedFile.stat(), actualFile.stat()]);
    if (expectedStat.size !== actualStat.size) {
      throw new Error(`${actual} has ${actualStat.size} bytes instead of ${expectedStat.size}`);
    }
    const expectedChunk = Buffer.alloc(chunkBytes);
    const actualChunk = Buffer.alloc(chunkBytes);
    for (let position = 0; position < expectedStat.size; position += chunkBytes) {
      const length = Math.min(chunkBytes, expectedStat.size - position);
      await expectedFile.read(expectedChunk, 0, length, position);
      await actualFile.read(actualChunk, 0, length, position);
      if (expectedChunk.compare(actualChunk, 0, length, 0, length) !== 0) {
        throw new Error(
          `${actual} differs from ${expected} between byte ${position} and ${position + length}`,
        );
      }
    }
  } finally {
    await Promise.all([expectedFile.close(), actualFile.close()]);
  }
}
