import { describe, expect, it } from "vitest";
import { inWorkshop } from "./testing/workshop.js";

describe("what a leecher says without a terminal", () => {
  it(
    "is a story in a few plain lines, each told once",
    inWorkshop(async (workshop) => {
      const { path } = await workshop.file("example.bin", 1_000_000);
      const tracker = await workshop.tracker().text("ready", "http");
      const agent = await workshop.agent();
      agent.say({ link: "up=50mbit,down=8mbit", backend: "userspace" });
      const seeder = workshop.peer("--role", "seeder", "--file", path, "--tracker", tracker);
      await seeder.logged("in the catalogue");
      const leecher = workshop.otherPeer(
        { isPlain: true },
        ...["--role", "leecher", "--torrent", "example.bin", "--dir", workshop.path("copy")],
        ...["--tracker", tracker, "--agent", agent.url, "--log-format", "lines"],
      );
      await leecher.logged("seeding");
      await leecher.stop();
      expect(leecher.outputText).toBe("");
      const lines = leecher.errorText.trim().split("\n");
      const expected = [
        /waiting for the agent's link agent=http/,
        /link in place node=example-leecher-1 link="up=50mbit,down=8mbit" backend=userspace revision=1 rtt=/,
        /ready node=example-leecher-1 listen=127\.0\.0\.1:\d+ control=http/,
        /torrent torrent=example\.bin infoHash=\w{40} size="976\.6 KiB" pieces=62/,
        /(tracker answered url=|first peer peer=)/,
        /(tracker answered url=|first peer peer=)/,
        /25 %/,
        /50 %/,
        /75 %/,
        /complete in \d+\.\d s at \d\.\d Mbit\/s on average$/,
        /seeding$/,
        /stopping reason=SIGTERM/,
        /stopped uploaded="0 B" downloaded="976\.6 KiB" ratio=0/,
      ];
      expect(lines).toEqual(expected.map((pattern) => expect.stringMatching(pattern)));
      for (const line of lines) expect(line).toMatch(/^\d\d:\d\d:\d\d info {2}/);
    }),
  );
});
