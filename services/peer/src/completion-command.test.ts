import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import type { NodeProcess } from "./testing/node-process.js";
import { inWorkshop, type Workshop } from "./testing/workshop.js";

async function leechAnd(workshop: Workshop, command: string): Promise<NodeProcess> {
  const { path } = await workshop.file("an example.bin", 20_000);
  const torrent = workshop.path("example.torrent");
  const seeder = workshop.peer("--role", "seeder", "--file", path, "--torrent-out", torrent);
  await seeder.event("seeding");
  return workshop.peer(
    ...["--role", "leecher", "--torrent", torrent, "--dir", workshop.path("copy")],
    ...["--peer", await seeder.text("ready", "listen"), "--exit-on-complete", "--on-complete", command],
  );
}

describe("--on-complete", () => {
  it.concurrent(
    "runs a shell command that knows the torrent",
    inWorkshop(async (workshop) => {
      const note = workshop.path("note");
      const leecher = await leechAnd(
        workshop,
        `echo said; printf '%s|' "$SWARMLAB_TORRENT_NAME" "$SWARMLAB_TORRENT_INFO_HASH" "$SWARMLAB_TORRENT_PATH" > ${note}`,
      );
      expect(await leecher.exitCode()).toBe(0);
      const infoHash = await leecher.text("torrent", "infoHash");
      const copy = workshop.path("copy", "an example.bin");
      expect(await readFile(note, "utf8")).toBe(`an example.bin|${infoHash}|${copy}|`);
      expect(leecher.errorText).toContain("said");
    }),
  );

  it.concurrent(
    "fails the peer when the command fails",
    inWorkshop(async (workshop) => {
      const leecher = await leechAnd(workshop, "exit 3");
      expect(await leecher.exitCode()).toBe(1);
      expect(await leecher.event("error")).toMatchObject({
        code: "ON_COMPLETE_FAILED",
        message: expect.stringContaining("exit code 3"),
      });
      expect(leecher.names()).toContain("stopped");
    }),
  );

  it.concurrent(
    "does not hold up a peer that is asked to stop",
    inWorkshop(async (workshop) => {
      const leecher = await leechAnd(workshop, "exec sleep 30");
      await leecher.event("seeding");
      expect(await leecher.stop()).toBe(0);
    }),
  );
});
