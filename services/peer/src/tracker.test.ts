import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { inWorkshop } from "./testing/workshop.js";

describe("peers with a tracker", () => {
  it.concurrent(
    "find a torrent by its name, wait for it, and find each other",
    inWorkshop(async (workshop) => {
      const { path, bytes } = await workshop.file("example.bin", 400_000);
      const tracker = await workshop.tracker().text("ready", "http");
      const leech = [
        "--role",
        "leecher",
        "--torrent",
        "example.bin",
        "--tracker",
        tracker,
        "--exit-on-complete",
      ];
      const first = workshop.peer(...leech, "--dir", workshop.path("first"));
      const second = workshop.peer(...leech, "--dir", workshop.path("second"));
      await Promise.all([first.event("ready"), second.event("ready")]);
      const seeder = workshop.peer("--role", "seeder", "--file", path, "--tracker", tracker);
      expect(await Promise.all([first.exitCode(), second.exitCode()])).toEqual([0, 0]);
      expect(bytes.equals(await readFile(workshop.path("first", "example.bin")))).toBe(true);
      expect(bytes.equals(await readFile(workshop.path("second", "example.bin")))).toBe(true);
      expect(await first.text("torrent", "magnet")).toBe(await seeder.text("torrent", "magnet"));
    }),
  );

  it.concurrent(
    "find a torrent by its hash, over UDP as well, and as a magnet link when the catalogue lacks it",
    inWorkshop(async (workshop) => {
      const { path, bytes } = await workshop.file("example.bin", 100_000);
      const process = workshop.tracker();
      const tracker = await process.text("ready", "http");
      const udp = await process.text("ready", "udp");
      // Announced over UDP only, so the catalogue does not know it.
      const seeder = workshop.peer("--role", "seeder", "--file", path, "--tracker", `${udp}/announce`);
      const infoHash = await seeder.text("torrent", "infoHash");
      await seeder.event("seeding");
      await seeder.logged("tracker answered");
      const leecher = workshop.peer(
        ...["--role", "leecher", "--torrent", infoHash, "--tracker", tracker, "--exit-on-complete"],
        ...["--dir", workshop.path("copy")],
      );
      expect(await leecher.exitCode()).toBe(0);
      expect(leecher.errorText).toContain("asking peers for the metadata");
      expect(bytes.equals(await readFile(workshop.path("copy", "example.bin")))).toBe(true);
    }),
  );

  it.concurrent(
    "wait for a tracker that comes late",
    inWorkshop(async (workshop) => {
      const { path, bytes } = await workshop.file("example.bin", 50_000);
      const early = workshop.tracker();
      const url = await early.text("ready", "http");
      await early.stop();
      const peer = ["--tracker", url, "--announce-interval", "1s"];
      const seeder = workshop.peer("--role", "seeder", "--file", path, ...peer);
      const leech = ["--role", "leecher", "--torrent", "example.bin", "--dir", workshop.path("copy")];
      const leecher = workshop.peer(...leech, ...peer, "--exit-on-complete");
      await seeder.logged("waiting for the catalogue");
      await leecher.logged("waiting for the torrent");
      workshop.tracker("--listen", new URL(url).host);
      expect(await leecher.exitCode()).toBe(0);
      expect(bytes.equals(await readFile(workshop.path("copy", "example.bin")))).toBe(true);
    }),
  );
});
