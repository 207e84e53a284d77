import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import axios from "axios";
import { describe, expect, it } from "vitest";
import type { Container, NodeProcess } from "./testing/node-process.js";
import { inWorkshop, type Workshop } from "./testing/workshop.js";

const asModule = (source: string) => `data:text/javascript,${encodeURIComponent(source)}`;

/** Says when the program has begun to listen for signals, and how many modules were loaded until then. */
const SAYS_LISTENING = [
  "--import",
  asModule(`
    import { register } from "node:module";
    const modules = new Int32Array(new SharedArrayBuffer(4));
    const counter = ${JSON.stringify(
      asModule(`
        let modules;
        export function initialize(data) { modules = data; }
        export function load(url, context, next) { Atomics.add(modules, 0, 1); return next(url, context); }`),
    )};
    register(counter, { data: modules });
    process.on("newListener", (name) => {
      if (name !== "SIGTERM") return;
      process.stdout.write(JSON.stringify({ event: "listening", modules: modules[0] }) + "\\n");
    });`),
];

/** A container that can write to `folder` alone, and knows some names of our own. */
async function containerIn(workshop: Workshop, folder: string, nameServer = "127.0.0.1"): Promise<Container> {
  const names = ["localhost", "leecher.control", "seeder.swarm", "tracker.swarm", "tracker.control"];
  const files = { hosts: workshop.path("hosts"), resolvConf: workshop.path("resolv.conf") };
  await writeFile(files.hosts, names.map((name) => `127.0.0.1 ${name}\n`).join(""));
  await writeFile(files.resolvConf, `nameserver ${nameServer}\n`);
  const writable = workshop.path(folder);
  await mkdir(writable, { recursive: true });
  return { ...files, writable };
}

/** How long the program takes to end after SIGTERM, and its exit code. */
async function stopped(process: NodeProcess): Promise<{ code: number | null; ms: number }> {
  const askedMs = performance.now();
  const code = await process.stop();
  return { code, ms: performance.now() - askedMs };
}

const leech = ["--role", "leecher", "--torrent", "example"];

describe("in a container, as process 1", () => {
  it(
    "a peer and a tracker end on SIGTERM from the very start",
    inWorkshop(async (workshop) => {
      const options = { container: await containerIn(workshop, "tracker"), nodeFlags: SAYS_LISTENING };
      const programs = [
        workshop.otherPeer(options, ...leech, "--tracker", "http://tracker.swarm:9"),
        workshop.otherTracker(options),
      ];
      await Promise.all(
        programs.map(async (program) => {
          // The program itself, and what listens.
          expect(await program.event("listening")).toEqual({ event: "listening", modules: 2 });
          const { code, ms } = await stopped(program);
          expect(code).toBe(0);
          expect(ms).toBeLessThan(2000);
        }),
      );
    }),
  );

  it(
    "a peer says good-bye to its tracker, and both listen by name and go by it",
    inWorkshop(async (workshop) => {
      const container = await containerIn(workshop, "tracker");
      const { path } = await workshop.file("example.bin", 100_000);
      const tracker = workshop.otherTracker(
        { container },
        ...["--listen", "tracker.swarm:0", "--control", "tracker.control:0", "--name", "tracker"],
      );
      const trackerUrl = await tracker.text("ready", "http");
      const seeder = workshop.otherPeer(
        { container },
        ...[
          "--role",
          "seeder",
          "--file",
          path,
          "--tracker",
          trackerUrl.replace("127.0.0.1", "tracker.swarm"),
        ],
        ...["--listen", "seeder.swarm:0", "--control", "leecher.control:0"],
      );
      await seeder.logged("tracker answered");
      expect(await seeder.text("ready", "listen")).toMatch(/^127\.0\.0\.1:\d+$/);
      const trackerControl = await tracker.text("ready", "control");
      const peerControl = await seeder.text("ready", "control");
      const status = async (url: string, host: string) =>
        (await axios.get(url, { headers: { host }, validateStatus: () => true })).status;
      expect(await status(`${peerControl}/api/state`, "leecher.control:9100")).toBe(200);
      expect(await status(`${peerControl}/api/state`, "seeder.swarm:9100")).toBe(200);
      expect(await status(`${peerControl}/api/state`, "tracker.control:9100")).toBe(403);
      expect(await status(`${trackerControl}/api/torrents`, "tracker.control:6969")).toBe(200);
      expect(await status(`${trackerControl}/api/torrents`, "tracker.swarm:6969")).toBe(200);
      expect(await status(`${trackerControl}/api/torrents`, "leecher.control:6969")).toBe(403);

      expect(await stopped(seeder)).toMatchObject({ code: 0 });
      const { data } = await axios.get<string>(`${trackerControl}/metrics`);
      expect(data).toMatch(
        /swarmlab_tracker_announces_total\{protocol="http",event="stopped",result="accepted",service="tracker",node="tracker"\} 1/,
      );
      expect(data).toMatch(/swarmlab_tracker_peers\{role="seeder",family="ipv4",[^}]*\} 0/);
    }),
  );

  it(
    "a name to listen on that is not ours is tried for a while, and can be called off",
    inWorkshop(async (workshop) => {
      const container = await containerIn(workshop, "copy");
      await writeFile(container.hosts, "203.0.113.1 leecher.control\n127.0.0.1 localhost\n");
      const peer = workshop.otherPeer(
        { container },
        ...[...leech, "--tracker", "http://localhost:9", "--control", "leecher.control:9100"],
      );
      await peer.logged("waiting for an address to listen on");
      expect(peer.errorText).toContain("203.0.113.1");
      const { code, ms } = await stopped(peer);
      expect(code).toBe(0);
      expect(ms).toBeLessThan(500);
      expect(peer.names()).toEqual([]);
    }),
  );

  // Only root may stand in for a name server.
  it.skipIf(process.getuid?.() !== 0)(
    "a peer ends in time although a name server does not answer",
    inWorkshop(async (workshop) => {
      const silent = createSocket("udp4");
      silent.bind(53, "127.0.0.77");
      await once(silent, "listening");
      try {
        const peer = workshop.otherPeer(
          { container: await containerIn(workshop, "copy", "127.0.0.77") },
          ...[...leech, "--tracker", "http://localhost:9", "--agent", "http://agent.control:9200"],
        );
        await Promise.all([peer.logged("waiting for the agent's link"), once(silent, "message")]);
        const { code, ms } = await stopped(peer);
        expect(code).toBe(0);
        expect(ms).toBeLessThan(2000);
      } finally {
        silent.close();
      }
    }),
  );
});

describe("on a read-only file system", () => {
  it(
    "a peer writes to --dir, a tracker to --data, and neither misses more",
    inWorkshop(async (workshop) => {
      const { path } = await workshop.file("source/example.bin", 3_000_000);
      const tracker = workshop.otherTracker({ container: await containerIn(workshop, "tracker") });
      const url = await tracker.text("ready", "http");
      const seeder = workshop.otherPeer(
        { container: await containerIn(workshop, "nothing") },
        ...["--role", "seeder", "--file", path, "--tracker", url],
      );
      await seeder.logged("in the catalogue");
      const copy = workshop.path("copy");
      const leecher = workshop.otherPeer(
        { container: await containerIn(workshop, "copy") },
        ...["--role", "leecher", "--torrent", "example.bin", "--tracker", url, "--dir", copy],
        ...["--link", "up=200mbit,delay=1ms"],
      );
      await leecher.event("complete");
      expect(await leecher.stop()).toBe(0);
      expect(await readdir(copy)).toEqual([
        expect.stringMatching(/^\.example\.bin\..*\.resume$/),
        "example.bin",
      ]);
      expect(await seeder.stop()).toBe(0);
      expect(await tracker.stop()).toBe(0);
      const logs = [tracker, seeder, leecher].map(({ errorText }) => errorText).join("");
      expect(logs).not.toMatch(/"level":[456]0/);

      const wrong = workshop.otherPeer(
        { container: await containerIn(workshop, "nothing") },
        ...["--role", "leecher", "--torrent", "example.bin", "--tracker", url, "--dir", `${copy}/more`],
      );
      expect(await wrong.event("error")).toMatchObject({ code: "NO_DIRECTORY" });
    }),
  );
});
