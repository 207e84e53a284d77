import { once } from "node:events";
import { connect } from "node:net";
import { catalogueListSchema, cataloguePaths } from "@swarmlab/tracker-protocol/catalogue";
import { afterEach, describe, expect, it } from "vitest";
import { announceFrom, torrentFile, Workshop } from "./testing/workshop.js";

const workshop = new Workshop();
const { signal } = new AbortController();

afterEach(() => workshop.close());

async function start(...args: string[]) {
  const tracker = workshop.process("--json", "--listen", "127.0.0.1:0", ...args);
  return { tracker, ...(await tracker.ready()) };
}

describe("swarmlab-tracker", () => {
  it("brings peers together over HTTP and UDP, and keeps its catalogue across a restart", async () => {
    const data = await workshop.directory();
    const first = await start("--data", data);
    const client = workshop.client();
    await client.announce(`${first.http}/announce`, announceFrom(1001, { event: "started" }), signal);
    const overUdp = await client.announce(`${first.udp}/announce`, announceFrom(1002), signal);
    expect(overUdp).toMatchObject({ leechers: 2, seeders: 0, peers: [{ host: "127.0.0.1", port: 1001 }] });
    const overHttp = await client.announce(`${first.http}/announce`, announceFrom(1003), signal);
    expect(overHttp.peers.map(({ port }) => port).sort()).toEqual([1001, 1002]);

    const body = torrentFile("example.bin");
    const posted = await fetch(first.http + cataloguePaths.torrents, { method: "POST", body });
    expect(posted.status).toBe(201);
    first.tracker.signal("SIGKILL");
    await first.tracker.exit;

    const second = await start("--data", data);
    const list = catalogueListSchema.parse(await (await fetch(second.http + cataloguePaths.torrents)).json());
    expect(list.torrents.map(({ name }) => name)).toEqual(["example.bin"]);
  });

  it("ends within a second of SIGTERM although clients are connected", async () => {
    const { tracker, http } = await start("--data", await workshop.directory());
    const half = connect(Number(new URL(http).port), "127.0.0.1").on("error", () => undefined);
    await once(half, "connect");
    half.write("GET /api/torrents HTTP/1.1\r\n");
    expect((await fetch(`${http}/healthz`)).status).toBe(200);
    const startMs = performance.now();
    tracker.signal("SIGTERM");
    expect(await tracker.exit).toBe(0);
    expect(performance.now() - startMs).toBeLessThan(1000);
  });

  it("says that an address is in use", async () => {
    const { http } = await start("--data", await workshop.directory());
    const address = new URL(http).host;
    const second = workshop.process("--listen", address, "--data", await workshop.directory());
    expect(await second.exit).toBe(1);
    expect(second.errors).toContain(`cannot listen on ${address}: another program uses it`);
    expect(second.errors).not.toContain("at ");
  });

  it("explains itself, and refuses settings that it does not know", async () => {
    const help = workshop.process("--help");
    expect(await help.exit).toBe(0);
    expect(help.output).toContain("--listen HOST:PORT");
    const mistaken = workshop.process("--lisen", ":1");
    expect(await mistaken.exit).toBe(2);
    expect(mistaken.errors).toContain("did you mean --listen?");
  });
});
