import { createCipheriv, createHash } from "node:crypto";
import { mkdir, open } from "node:fs/promises";
import { dirname } from "node:path";

const chunkBytes = 1 << 20;

/**
 * Writes a file of `sizeBytes` that no client can compress and that is the same for the same seed on every machine:
 * the key stream of AES-128-CTR under a key made of the seed. Makes the folders on the way.
 */
export async function writeContent(path: string, sizeBytes: number, seed: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const key = createHash("sha256").update(seed).digest().subarray(0, 16);
  const keyStream = createCipheriv("aes-128-ctr", key, Buffer.alloc(16));
  const zeros = Buffer.alloc(Math.min(chunkBytes, sizeBytes));
  const file = await open(path, "w");
  try {
    for (let left = sizeBytes; left > 0; left -= chunkBytes) {
      await file.write(keyStream.update(zeros.subarray(0, Math.min(chunkBytes, left))));
    }
  } finally {
    await file.close();
  }
}
