import { readFile } from "node:fs/promises";
import axios from "axios";
import { describe, expect, it } from "vitest";
import { inWorkshop } from "../testing/workshop.js";

const leech = ["--role", "leecher", "--torrent", "example.bin", "--tracker", "http://127.0.0.1:9"];

describe("a peer with an agent", () => {
  it.concurrent(
    "opens nothing and joins no swarm before its link is in place, and then says what it is",
    inWorkshop(async (workshop) => {
      const { path, bytes } = await workshop.file("example.bin", 300_000);
      const torrent = workshop.path("example.torrent");
      const [one, other] = [await workshop.agent(), await workshop.agent()];
      one.say({ node: "example-seeder-1", link: "fiber", backend: "netem", region: "tokyo" });
      const seeder = workshop.peer(
        ...["--role", "seeder", "--file", path, "--torrent-out", torrent, "--agent", one.url],
      );
      await seeder.event("seeding");
      const leecher = workshop.peer(
        ...["--role", "leecher", "--torrent", torrent, "--dir", workshop.path("copy"), "--agent", other.url],
        ...["--peer", await seeder.text("ready", "listen")],
      );
      await other.until(() => other.asked.length >= 3);
      expect(leecher.names()).toEqual([]);
      expect(leecher.errorText.match(/waiting for the agent's link/g)).toHaveLength(1);
      const link = "up=20mbit,down=20mbit,delay=10ms";
      other.say({ link, backend: "userspace", region: "frankfurt", revision: 4 });
      await leecher.event("complete");
      expect(bytes.equals(await readFile(workshop.path("copy", "example.bin")))).toBe(true);

      expect(seeder.names().slice(0, 2)).toEqual(["link", "ready"]);
      expect(seeder.lines[0]).toEqual({
        event: "link",
        node: "example-seeder-1",
        link: "up=5mbit,down=20mbit,delay=2ms",
        backend: "netem",
        region: "tokyo",
        revision: 1,
        measuredRttMs: null,
      });
      expect(seeder.lines[1]).toMatchObject({ node: "example-seeder-1", backend: "netem" });
      expect(leecher.names().slice(0, 2)).toEqual(["link", "ready"]);
      const { measuredRttMs } = await leecher.event("link");
      expect(measuredRttMs).toBeGreaterThan(15);
      expect(other.measurements).toEqual([{ revision: 4, rttMs: expect.any(Array) }]);

      const control = await leecher.text("ready", "control");
      const state = await axios.get(`${control}/api/state`);
      expect(state.data).toMatchObject({
        node: "example-leecher-1",
        link: { declared: link, backend: "userspace", region: "frankfurt", revision: 4, measuredRttMs },
      });
      const metrics = async () => (await axios.get<string>(`${control}/metrics`)).data;
      const labels = 'service="peer",role="leecher",node="example-leecher-1"';
      expect(await metrics()).toContain(`swarmlab_peer_link_backend_info{backend="userspace",${labels}} 1\n`);
      expect(await metrics()).toContain(`swarmlab_peer_link_declared_delay_seconds{${labels}} 0.01\n`);

      other.say({ link: "up=1mbit", backend: "netem" });
      await leecher.event("link", ({ revision }) => revision === 5);
      const text = await metrics();
      expect(text).toContain(`swarmlab_peer_link_backend_info{backend="netem",${labels}} 1\n`);
      expect(text).not.toContain('backend="userspace"');
      expect(text).toContain(
        `swarmlab_peer_link_declared_bits_per_second{direction="up",${labels}} 1000000\n`,
      );
      expect(text).not.toContain('swarmlab_peer_link_declared_bits_per_second{direction="down"');
      expect(await leecher.stop()).toBe(0);
    }),
  );

  it.concurrent(
    "goes by the name that it is given itself",
    inWorkshop(async (workshop) => {
      const agent = await workshop.agent();
      agent.say({});
      const peer = workshop.peer(...leech, "--agent", agent.url, "--name", "example");
      expect(await peer.event("ready")).toMatchObject({ node: "example", link: "none", backend: "none" });
    }),
  );

  it.concurrent(
    "ends at once when it is asked to while it waits",
    inWorkshop(async (workshop) => {
      const agent = await workshop.agent();
      agent.say("pending");
      const peer = workshop.peer(...leech, "--agent", agent.url);
      await agent.until(() => agent.asked.length > 0);
      const askedMs = performance.now();
      expect(await peer.stop()).toBe(0);
      expect(performance.now() - askedMs).toBeLessThan(1000);
      expect(peer.lines).toEqual([]);
    }),
  );

  it.concurrent(
    "ends with 1 when there is no link in time, and says what to do",
    inWorkshop(async (workshop) => {
      const peer = workshop.peer(...leech, "--agent", "http://127.0.0.1:9", "--agent-timeout", "3s");
      expect(await peer.exitCode()).toBe(1);
      expect(await peer.event("error")).toMatchObject({
        code: "AGENT_UNREACHABLE",
        message: expect.stringMatching(/^no link after 3 s: .*ECONNREFUSED.*; see whether the agent runs/),
      });
      expect(peer.names()).toEqual(["error"]);
    }),
  );
});
