import { mkdir, mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { findDifference } from "./compare-content.js";

describe("findDifference", () => {
  const { signal } = new AbortController();
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "swarmlab-compare-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const write = async (path: string, content: Uint8Array | string) => {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  };
  const compare = (expected: string, actual: string) =>
    findDifference(join(folder, expected), join(folder, actual), signal);

  const threeMegabytes = Buffer.alloc(3 * 2 ** 20, "content");

  it("finds none between equal files", async () => {
    await write("a", threeMegabytes);
    await write("b", threeMegabytes);
    expect(await compare("a", "b")).toBeUndefined();
  });

  it("finds a single byte, and says where", async () => {
    const changed = Buffer.from(threeMegabytes);
    changed[2 ** 20 + 5] = 0;
    await write("a", threeMegabytes);
    await write("b", changed);
    expect(await compare("a", "b")).toMatch(/differs between byte 1048576 and byte 2097152$/);
  });

  it("finds a wrong size", async () => {
    await write("a", "content");
    await write("b", "content");
    await truncate(join(folder, "b"), 6);
    expect(await compare("a", "b")).toMatch(/has 6 bytes instead of 7$/);
  });

  it("finds that there is nothing at all", async () => {
    await write("a", "content");
    expect(await compare("a", "b")).toMatch(/b is missing$/);
  });

  describe("of folders", () => {
    beforeEach(async () => {
      for (const side of ["a", "b"]) {
        await write(`${side}/one`, "1");
        await write(`${side}/below/two`, "22");
        await write(`${side}/empty`, "");
      }
    });

    it("finds none when all files are equal", async () => {
      await mkdir(join(folder, "a/empty-folder"));
      expect(await compare("a", "b")).toBeUndefined();
    });

    it("finds none where only one has hidden files", async () => {
      await write("a/.hidden", "1");
      await write("a/below/.hidden/three", "3");
      expect(await compare("a", "b")).toBeUndefined();
    });

    it("finds a file that differs", async () => {
      await write("b/below/two", "23");
      expect(await compare("a", "b")).toContain(join("below", "two"));
    });

    it("finds a file that is missing, and one too many", async () => {
      await write("a/below/three", "3");
      expect(await compare("a", "b")).toMatch(/three is missing$/);
      expect(await compare("b", "a")).toMatch(/three should not be there$/);
    });

    it("finds a file in the place of a folder", async () => {
      await write("c", "1");
      expect(await compare("a", "c")).toMatch(/is missing$/);
    });
  });

  it("stops when it is told to", async () => {
    await write("a", "content");
    await write("b", "content");
    const stopped = findDifference(join(folder, "a"), join(folder, "b"), AbortSignal.abort("stop"));
    await expect(stopped).rejects.toBe("stop");
  });
});
