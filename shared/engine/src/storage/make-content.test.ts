import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { isMadeContent, makeContent } from "./make-content.js";

describe("makeContent", () => {
  const { signal } = new AbortController();
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "swarmlab-content-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const make = async (name: string, sizeBytes: number, seed: string) => {
    await makeContent(join(folder, name), sizeBytes, seed, signal);
    return readFile(join(folder, name));
  };

  it("writes the same bytes for the same seed on every machine", async () => {
    const content = await make("a", 3 * 2 ** 20 + 1, "example");
    expect(content.length).toBe(3 * 2 ** 20 + 1);
    expect(createHash("sha256").update(content).digest("hex")).toMatchInlineSnapshot(
      `"d3b6bc49a2057d8a363ae8350ab2d610316a0aa566d72972439ea0cec6297363"`,
    );
  });

  it("writes other bytes for another seed", async () => {
    const [one, other] = await Promise.all([make("a", 1000, "1"), make("b", 1000, "2")]);
    expect(one.equals(other)).toBe(false);
  });

  it("writes an empty file", async () => {
    expect((await make("a", 0, "example")).length).toBe(0);
  });

  it("does not overwrite a file", async () => {
    await make("a", 1, "example");
    await expect(make("a", 1, "example")).rejects.toThrow("EEXIST");
  });

  it("knows its own by size and seed", async () => {
    const path = join(folder, "a");
    expect(await isMadeContent(path, 100, "example")).toBe(false);
    for (const sizeBytes of [100, 0, 2 ** 20 + 1]) {
      await make("a", sizeBytes, "example");
      expect(await isMadeContent(path, sizeBytes, "example")).toBe(true);
      expect(await isMadeContent(path, sizeBytes + 1, "example")).toBe(false);
      // Of no bytes, one seed makes the same as another.
      expect(await isMadeContent(path, sizeBytes, "another")).toBe(sizeBytes === 0);
      await rm(path);
    }
    expect(await isMadeContent(folder, 0, "example")).toBe(false);
  });

  it("stops when it is told to", async () => {
    const stopped = makeContent(join(folder, "a"), 1e12, "example", AbortSignal.abort("stop"));
    await expect(stopped).rejects.toBe("stop");
  });
});
