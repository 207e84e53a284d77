import { readFile } from "node:fs/promises";
import { hostname } from "node:os";
import axios from "axios";
import { describe, expect, it } from "vitest";
import { inWorkshop } from "./testing/workshop.js";

describe("peers without a tracker", () => {
  it.concurrent(
    "hand a file on: seeder, leecher, and a leecher that only knows the first",
    inWorkshop(async (workshop) => {
      const { path, bytes } = await workshop.file("example.bin", 1_500_001);
      const torrent = workshop.path("example.torrent");
      const seeder = workshop.peer("--role", "seeder", "--file", path, "--torrent-out", torrent);
      const seederAddress = await seeder.text("ready", "listen");
      await seeder.event("seeding");
      const [firstDirectory, secondDirectory] = [workshop.path("first", "deep"), workshop.path("second")];
      const leech = ["--role", "leecher", "--torrent", torrent];
      const first = workshop.peer(...leech, "--dir", firstDirectory, "--peer", seederAddress);
      const firstAddress = await first.text("ready", "listen");
      const second = workshop.peer(
        ...leech,
        ...["--dir", secondDirectory, "--peer", firstAddress, "--exit-on-complete"],
      );

      const completed = await first.event("complete");
      expect(completed).toMatchObject({ name: "example.bin", path: `${firstDirectory}/example.bin` });
      expect(completed.infoHash).toBe(await seeder.text("torrent", "infoHash"));
      expect(await second.exitCode()).toBe(0);
      expect(bytes.equals(await readFile(`${firstDirectory}/example.bin`))).toBe(true);
      expect(bytes.equals(await readFile(`${secondDirectory}/example.bin`))).toBe(true);
      expect(second.lines.at(-1)).toMatchObject({ event: "stopped", downloadedBytes: bytes.length });
      expect(seeder.names()).not.toContain("complete");
    }),
  );

  it.concurrent(
    "fetch a folder from a magnet link, behind an emulated link",
    inWorkshop(async (workshop) => {
      const { bytes } = await workshop.file("album/disc 1/example.bin", 100_000);
      await workshop.file("album/empty", 0);
      const path = workshop.path("album");
      const torrent = workshop.path("example.torrent");
      const link = ["--link", "up=20mbit,down=20mbit,delay=5ms"];
      const seeder = workshop.peer("--role", "seeder", "--file", path, "--torrent-out", torrent, ...link);
      expect(await seeder.event("ready")).toMatchObject({ backend: "userspace" });
      const magnet = await seeder.text("torrent", "magnet");
      const peer = await seeder.text("ready", "listen");
      const directory = workshop.path("copy");
      const leecher = workshop.peer(
        ...["--role", "leecher", "--torrent", magnet, "--dir", directory, "--peer", peer, ...link],
        ...["--exit-on-complete", "--seed", "example"],
      );
      expect(await leecher.exitCode()).toBe(0);
      expect(await readFile(`${directory}/album/empty`)).toHaveLength(0);
      expect(bytes.equals(await readFile(`${directory}/album/disc 1/example.bin`))).toBe(true);
      const { listen: _, control: __, ...rest } = await leecher.event("ready");
      expect(rest).toEqual({
        event: "ready",
        node: hostname(),
        link: "up=20mbit,down=20mbit,delay=5ms",
        backend: "userspace",
      });
    }),
  );

  it.concurrent(
    "seed content that is there already, and refuse content that is not",
    inWorkshop(async (workshop) => {
      const { path } = await workshop.file("example.bin", 50_000);
      const torrent = workshop.path("example.torrent");
      const maker = workshop.peer("--role", "seeder", "--file", path, "--torrent-out", torrent);
      await maker.event("seeding");
      const seed = ["--role", "seeder", "--torrent", torrent, "--dir"];
      const right = workshop.peer(...seed, workshop.directory);
      const wrong = workshop.peer(...seed, workshop.path("elsewhere"));
      await right.event("seeding");
      expect(await wrong.event("error")).toMatchObject({ code: "INCOMPLETE" });
      expect(await wrong.exitCode()).toBe(1);
    }),
  );

  it.concurrent(
    "finish at once when a leecher has everything",
    inWorkshop(async (workshop) => {
      const { path } = await workshop.file("example.bin", 50_000);
      const torrent = workshop.path("example.torrent");
      const maker = workshop.peer("--role", "seeder", "--file", path, "--torrent-out", torrent);
      await maker.event("seeding");
      const leecher = workshop.peer(
        ...["--role", "leecher", "--torrent", torrent, "--dir", workshop.directory, "--exit-on-complete"],
      );
      expect(await leecher.exitCode()).toBe(0);
      expect(leecher.names()).toContain("complete");
    }),
  );
});

describe("a peer that is asked to stop", () => {
  it(
    "ends well and soon, even if its tracker never answers",
    inWorkshop(async (workshop) => {
      const { path } = await workshop.file("example.bin", 50_000);
      const seeder = workshop.peer("--role", "seeder", "--file", path, "--tracker", "udp://127.0.0.1:9");
      await seeder.event("seeding");
      const askedMs = performance.now();
      expect(await seeder.stop()).toBe(0);
      expect(performance.now() - askedMs).toBeLessThan(2000);
      expect(seeder.lines.at(-1)).toEqual({ event: "stopped", uploadedBytes: 0, downloadedBytes: 0 });
    }),
  );

  it.concurrent(
    "ends well on Ctrl-C, even while it waits",
    inWorkshop(async (workshop) => {
      const leech = ["--role", "leecher", "--torrent", "example.bin", "--dir", workshop.path("copy")];
      const leecher = workshop.peer(...leech, "--tracker", "http://127.0.0.1:9");
      await leecher.event("ready");
      leecher.kill("SIGINT");
      expect(await leecher.exitCode()).toBe(0);
      expect(leecher.names()).toEqual(["ready", "stopped"]);
    }),
  );

  it.concurrent(
    "goes on where it was",
    inWorkshop(async (workshop) => {
      const { path, bytes } = await workshop.file("example.bin", 1_000_000);
      const torrent = workshop.path("example.torrent");
      const seeder = workshop.peer(
        ...[
          "--role",
          "seeder",
          "--file",
          path,
          "--torrent-out",
          torrent,
          "--up-limit",
          "2mbit",
          "--no-spread",
        ],
      );
      await seeder.event("seeding");
      const leech = ["--role", "leecher", "--torrent", torrent, "--dir", workshop.path("copy")];
      const peer = await seeder.text("ready", "listen");
      const first = workshop.peer(...leech, "--peer", peer);
      await first.event("progress", (line) => Number(line.verifiedBytes) > 0);
      expect(await first.stop()).toBe(0);
      const control = await seeder.text("ready", "control");
      await axios.put(`${control}/api/limits`, { uploadBitsPerSecond: null });
      const second = workshop.peer(...leech, "--peer", peer, "--exit-on-complete");
      expect(await second.exitCode()).toBe(0);
      expect(bytes.equals(await readFile(workshop.path("copy", "example.bin")))).toBe(true);
      expect(second.lines.at(-1)?.downloadedBytes).toBeLessThan(bytes.length);
    }),
  );

  it.concurrent(
    "ends when nobody reads its output any more",
    inWorkshop(async (workshop) => {
      const { path } = await workshop.file("example.bin", 500_000);
      const torrent = workshop.path("example.torrent");
      const seeder = workshop.peer(
        ...["--role", "seeder", "--file", path, "--torrent-out", torrent, "--up-limit", "1mbit"],
      );
      await seeder.event("seeding");
      const peer = await seeder.text("ready", "listen");
      const leecher = workshop.peer(
        ...["--role", "leecher", "--torrent", torrent, "--dir", workshop.path("copy"), "--peer", peer],
      );
      await leecher.event("progress");
      leecher.closeOutput();
      expect(await leecher.exitCode()).toBe(0);
    }),
  );
});
