import { access, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { NodeDisk } from "@swarmlab/engine/node/node-disk";
import { createLogger } from "@swarmlab/telemetry/logger";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type ProvideContentOptions, provideContent } from "./provide-content.js";

let root: string;
let log: string[];

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "swarmlab-content-"));
  log = [];
  await mkdir(join(root, "content"));
});
afterEach(() => rm(root, { recursive: true }));

const path = (...names: string[]) => join(root, ...names);

function provide(options: Partial<ProvideContentOptions> = {}): Promise<string> {
  return provideContent({
    file: path("content"),
    sizeBytes: 1000,
    seed: "example",
    directory: path("data"),
    disk: new NodeDisk(),
    logger: createLogger({ name: "test", level: "info", format: "lines", write: (line) => log.push(line) }),
    signal: new AbortController().signal,
    ...options,
  });
}

describe("provideContent", () => {
  it("takes what the user has put there, and makes nothing", async () => {
    await writeFile(path("content", "README.md"), "example");
    expect(await provide()).toBe(path("content"));
    expect(await provide({ file: path("content", "README.md") })).toBe(path("content", "README.md"));
    await expect(access(path("data"))).rejects.toThrow("ENOENT");
    expect(log).toEqual([]);
  });

  it("makes a folder of the same name when there is nothing but what is hidden, and says so", async () => {
    await writeFile(path("content", ".gitkeep"), "");
    await mkdir(path("content", ".git"));
    await writeFile(path("content", ".git", "config"), "");
    await mkdir(path("content", "empty"));
    expect(await provide()).toBe(path("data", "content"));
    expect(await readdir(path("data", "content"))).toEqual(["content.bin"]);
    expect(await readFile(path("data", "content", "content.bin"))).toHaveLength(1000);
    expect(log.join("")).toContain("making content");
  });

  it("makes nothing for which there is no room", async () => {
    await expect(provide({ sizeBytes: 2 ** 60 })).rejects.toMatchObject({
      code: "NOT_MADE",
      message: expect.stringMatching(/are wanted, and .* are free/),
    });
    expect(await readdir(path("data", "content"))).toEqual([]);
  });

  it("makes it once, and anew for another size or seed", async () => {
    await provide();
    const made = path("data", "content", "content.bin");
    const before = await readFile(made);
    const { mtimeMs } = await stat(made);
    await provide();
    expect((await stat(made)).mtimeMs).toBe(mtimeMs);
    expect(log[1]).toContain("the content made before is there");
    await provide({ sizeBytes: 2000 });
    expect((await readFile(made)).subarray(0, 1000).equals(before)).toBe(true);
    await provide({ seed: "another" });
    expect((await readFile(made)).equals(before)).toBe(false);
  });

  it("starts again where it was killed before the end", async () => {
    await mkdir(path("data", "content"), { recursive: true });
    await writeFile(path("data", "content", ".content.bin.part"), "half");
    await provide();
    expect(await readdir(path("data", "content"))).toEqual(["content.bin"]);
  });

  it("leaves nothing half made when it is told to stop", async () => {
    const stopped = provide({ sizeBytes: 10 * 2 ** 20, signal: AbortSignal.abort("stop") });
    await expect(stopped).rejects.toBe("stop");
    const controller = new AbortController();
    const late = provide({ sizeBytes: 2 ** 32, signal: controller.signal });
    setTimeout(() => controller.abort("stop"), 50);
    await expect(late).rejects.toBe("stop");
    expect(await readdir(path("data", "content"))).toEqual([]);
  });

  it("does not mix it with what is not its own", async () => {
    await mkdir(path("data", "content"), { recursive: true });
    await writeFile(path("data", "content", "mine.txt"), "example");
    await expect(provide()).rejects.toMatchObject({
      code: "NOT_MADE",
      message: expect.stringContaining("mine.txt is in its place"),
    });
  });

  it("says why it cannot, and what is missing", async () => {
    await writeFile(path("data"), "a file in the place of the folder");
    await expect(provide()).rejects.toMatchObject({ code: "NOT_MADE" });
    await expect(provide({ file: path("nothing") })).rejects.toMatchObject({ code: "BAD_CONTENT" });
  });
});
