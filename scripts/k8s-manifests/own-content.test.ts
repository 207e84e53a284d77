import { existsSync } from "node:fs";
import { mkdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { z } from "zod";
import type { Child } from "../process/child.js";
import { Scope } from "../process/scope.js";
import { parseManifests } from "./manifest.js";
import { manifestsFolder } from "./render.js";

const patchSchema = z.object({
  spec: z.object({
    template: z.object({
      spec: z.object({
        initContainers: z.tuple([
          z.object({ command: z.tuple([z.string(), z.string()]), args: z.tuple([z.string()]) }),
        ]),
      }),
    }),
  }),
});

describe.skipIf(process.platform === "win32")("the container that waits for content of one's own", () => {
  const scopes: Scope[] = [];
  afterEach(() => Promise.all(scopes.splice(0).map((scope) => scope.close())));

  it("lets the seeder start when the mark is there, whatever is hidden", async () => {
    const { folder, container } = await start();
    await mkdir(join(folder, "films"));
    await writeFile(join(folder, "films", "example.iso"), "content");
    await mkdir(join(folder, ".hidden"));
    await symlink("/nonexistent", join(folder, ".hidden", "link"));
    await complete(folder);
    expect(await container.exited).toEqual({ code: 0, signal: null });
    expect(existsSync(join(folder, ".complete"))).toBe(true);
  });

  it("names symbolic links, and waits until they are gone and the mark is set again", async () => {
    const { folder, container } = await start();
    await mkdir(join(folder, "films"));
    const link = join(folder, "films", "a link");
    await symlink("example.iso", link);
    await complete(folder);
    await container.waitForLine(
      "it waited again",
      10_000,
      (line) => line.startsWith("waiting for another") || undefined,
    );
    expect(container.lines).toContain(link);
    expect(existsSync(join(folder, ".complete"))).toBe(false);
    expect(container.running).toBe(true);

    await rm(link);
    await complete(folder);
    expect(await container.exited).toEqual({ code: 0, signal: null });
  });

  async function start(): Promise<{ folder: string; container: Child }> {
    const scope = new Scope();
    scopes.push(scope);
    const folder = await scope.scratchDirectory("own-content");
    const [patch] = parseManifests(
      await readFile(join(manifestsFolder, "components/own-content/seeder.yaml"), "utf8"),
    );
    const [{ command, args }] = patchSchema.parse(patch).spec.template.spec.initContainers;
    const [shell, option] = command;
    const script = args[0].replaceAll("/content", folder);
    const container = await scope.start({ name: "content", command: [shell, option, script] });
    await container.waitForLine("it waited", 10_000, (line) => line.startsWith("waiting for") || undefined);
    return { folder, container };
  }
});

function complete(folder: string): Promise<void> {
  return writeFile(join(folder, ".complete"), "");
}
