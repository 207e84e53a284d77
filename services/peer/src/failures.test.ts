import { writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { describe, expect, it } from "vitest";
import { inWorkshop } from "./testing/workshop.js";

describe("a peer that cannot run", () => {
  it.concurrent(
    "ends with 2 for settings that are wrong, and says so on standard error",
    inWorkshop(async (workshop) => {
      const peer = workshop.peer("--role", "seeder", "--fill", "example");
      expect(await peer.exitCode()).toBe(2);
      expect(peer.errorText).toContain("did you mean --file?");
      expect(peer.lines).toEqual([]);
    }),
  );

  it.concurrent(
    "ends with 1 for content or torrents that are not there or wrong",
    inWorkshop(async (workshop) => {
      const garbage = workshop.path("garbage.torrent");
      await writeFile(garbage, "d4:infoi1ee");
      const cases = [
        [["--role", "seeder", "--file", workshop.path("nothing")], "BAD_CONTENT"],
        [["--role", "leecher", "--torrent", workshop.path("nothing.torrent")], "NO_TORRENT_FILE"],
        [["--role", "leecher", "--torrent", garbage, "--dir", workshop.directory], "BAD_TORRENT_FILE"],
        [["--role", "leecher", "--torrent", garbage, "--dir", `${garbage}/below`], "NO_DIRECTORY"],
      ] as const;
      await Promise.all(
        cases.map(async ([args, code]) => {
          const peer = workshop.peer(...args);
          expect(await peer.exitCode()).toBe(1);
          expect(await peer.event("error")).toMatchObject({ code });
        }),
      );
    }),
  );

  it.concurrent(
    "says which address is taken",
    inWorkshop(async (workshop) => {
      const { path } = await workshop.file("example.bin", 10);
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      const address = server.address();
      const taken = typeof address === "object" ? `127.0.0.1:${address?.port}` : "";
      const seed = ["--role", "seeder", "--file", path];
      const [one, other] = [
        workshop.peer(...seed, "--listen", taken),
        workshop.peer(...seed, "--control", taken),
      ];
      for (const peer of [one, other]) {
        expect(await peer.exitCode()).toBe(1);
        expect(await peer.event("error")).toMatchObject({
          code: "IN_USE",
          message: expect.stringContaining(taken),
        });
      }
      server.close();
    }),
  );

  it.concurrent(
    "gives up a catalogue that never answers after --wait-timeout",
    inWorkshop(async (workshop) => {
      const peer = workshop.peer(
        ...["--role", "leecher", "--torrent", "example.bin", "--dir", workshop.path("copy")],
        ...["--tracker", "http://127.0.0.1:9", "--wait-timeout", "1500ms"],
      );
      expect(await peer.exitCode()).toBe(1);
      expect(await peer.event("error")).toMatchObject({ code: "UNREACHABLE" });
      expect(peer.errorText).toContain("waiting for the torrent");
    }),
  );
});
