import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { afterEach, describe, expect, it } from "vitest";
import { noise } from "./testing/sample-torrent.js";
import { WorkerHasher } from "./worker-hasher.js";

const sha1 = (bytes: Uint8Array) => new Uint8Array(createHash("sha1").update(bytes).digest());

describe("WorkerHasher", () => {
  const hashers: WorkerHasher[] = [];
  const start = (workers: number) => {
    const hasher = new WorkerHasher({ workers });
    hashers.push(hasher);
    return hasher;
  };
  afterEach(async () => {
    await Promise.all(hashers.splice(0).map((hasher) => hasher.close()));
  });

  it.each([1, 2])(
    "hashes pieces of all sizes with %d workers, each answer to its request",
    async (workers) => {
      const hasher = start(workers);
      const inputs = Array.from({ length: 200 }, (_, i) => noise((i * 7919) % 40_000));
      const digests = await Promise.all(inputs.map((input) => hasher.sha1(input)));
      expect(digests).toEqual(inputs.map(sha1));
    },
  );

  it("leaves the caller's bytes alone, shared or not", async () => {
    const hasher = start(1);
    const plain = noise(1000);
    const shared = new Uint8Array(new SharedArrayBuffer(3000), 1000, 1000);
    shared.set(plain);
    expect(await hasher.sha1(plain)).toEqual(sha1(plain));
    expect(await hasher.sha1(shared)).toEqual(sha1(plain));
    expect(plain).toEqual(noise(1000));
  });

  it("rejects what it could not finish when it is closed", async () => {
    const hasher = start(1);
    const pending = hasher.sha1(noise(1_000_000));
    const closing = hasher.close();
    await expect(pending).rejects.toMatchObject({ code: "CLOSED" });
    await expect(hasher.sha1(noise(1))).rejects.toMatchObject({ code: "CLOSED" });
    await closing;
  });

  it("lets a process end that does not close it, though not before the answers are there", async () => {
    const module = new URL("../../dist/storage/worker-hasher.js", import.meta.url);
    const script = `const { WorkerHasher } = await import(${JSON.stringify(module.href)});
      new WorkerHasher().sha1(new Uint8Array(3)).then((digest) => console.log(digest.length));`;
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ["--input-type=module", "--eval", script],
      { timeout: 10_000 },
    );
    expect(stdout).toBe("20\n");
  });
});
