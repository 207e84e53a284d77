import { createCipheriv, createHash } from "node:crypto";
import { open, stat } from "node:fs/promises";

const CHUNK_BYTES = 1 << 20;

/**
 * Writes a new file of `sizeBytes` that nothing can compress and that is the same for the same seed on every machine: the
 * key stream of AES-128-CTR under a key made of the seed. Rejects with the system's error, or with the signal's reason.
 */
export async function makeContent(
  path: string,
  sizeBytes: number,
  seed: string,
  signal: AbortSignal,
): Promise<void> {
  const keyStream = keyStreamOf(seed);
  const zeros = Buffer.alloc(Math.min(CHUNK_BYTES, sizeBytes));
  const file = await open(path, "wx");
  try {
    for (let leftBytes = sizeBytes; leftBytes > 0; leftBytes -= CHUNK_BYTES) {
      signal.throwIfAborted();
      await file.writeFile(keyStream.update(zeros.subarray(0, Math.min(CHUNK_BYTES, leftBytes))));
    }
  } finally {
    await file.close();
  }
}

/** Whether there is a file that `makeContent` made like this, by its size and how it begins. */
export async function isMadeContent(path: string, sizeBytes: number, seed: string): Promise<boolean> {
  const status = await stat(path).catch(() => undefined);
  if (!status?.isFile() || status.size !== sizeBytes) return false;
  const expected = keyStreamOf(seed).update(Buffer.alloc(Math.min(CHUNK_BYTES, sizeBytes)));
  const file = await open(path);
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(expected.length), 0, expected.length, 0);
    return bytesRead === expected.length && expected.equals(buffer);
  } finally {
    await file.close();
  }
}

function keyStreamOf(seed: string) {
  const key = createHash("sha256").update(`${seed}/content`).digest().subarray(0, 16);
  return createCipheriv("aes-128-ctr", key, Buffer.alloc(16));
}
