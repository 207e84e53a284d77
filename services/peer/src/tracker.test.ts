import { readdir, readFile } from "node:fs/promises";
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

describe("a seeder and the catalogue", () => {
  it(
    "give leechers what is in the folder now, also when the tracker remembers what was in it before",
    inWorkshop(async (workshop) => {
      const tracker = ["--tracker", await workshop.tracker().text("ready", "http")];
      await workshop.file("content/.gitkeep", 0);
      const seed = [
        ...["--role", "seeder", "--file", workshop.path("content"), "--make", "300KB", "--seed", "example"],
        ...["--dir", workshop.path("data"), ...tracker],
      ];
      const before = workshop.peer(...seed);
      await before.logged("in the catalogue");
      expect(await before.event("torrent")).toMatchObject({ name: "content", totalBytes: 300_000 });
      expect(await before.stop()).toBe(0);

      const leecher = workshop.peer(
        ...["--role", "leecher", "--torrent", "content", ...tracker, "--exit-on-complete"],
        ...["--dir", workshop.path("copy")],
      );
      await leecher.logged("waiting for the torrent");
      const { bytes } = await workshop.file("content/example.bin", 200_000);
      workshop.peer(...seed);
      expect(await leecher.exitCode()).toBe(0);
      expect(await readdir(workshop.path("copy", "content"))).toEqual(["example.bin"]);
      expect(bytes.equals(await readFile(workshop.path("copy", "content", "example.bin")))).toBe(true);
    }),
  );

  it(
    "make the seeder known at once, also to a tracker that takes only what is in its catalogue",
    inWorkshop(async (workshop) => {
      const { path } = await workshop.file("example.bin", 100_000);
      const tracker = ["--tracker", await workshop.tracker("--no-open").text("ready", "http")];
      const seeder = workshop.peer("--role", "seeder", "--file", path, ...tracker);
      await seeder.logged("in the catalogue");
      const startMs = performance.now();
      await seeder.logged("tracker answered");
      // The next regular attempt would be after 5 s.
      expect(performance.now() - startMs).toBeLessThan(3000);
      expect(seeder.errorText.indexOf("tracker failed")).toBeLessThan(
        seeder.errorText.indexOf("in the catalogue"),
      );
    }),
  );

  it(
    "make the seeder known to the tracker before others see its torrent",
    inWorkshop(async (workshop) => {
      const { path } = await workshop.file("example.bin", 100_000);
      const tracker = ["--tracker", await workshop.tracker().text("ready", "http")];
      const seeder = workshop.peer("--role", "seeder", "--file", path, ...tracker);
      await seeder.logged("in the catalogue");
      expect(seeder.errorText.indexOf("tracker answered")).toBeLessThan(
        seeder.errorText.indexOf("in the catalogue"),
      );
      expect(seeder.errorText).toContain("tracker answered");
    }),
  );
});
