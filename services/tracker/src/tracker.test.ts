import { request } from "node:http";
import { catalogueErrorSchema } from "@swarmlab/tracker-protocol/catalogue";
import { afterEach, describe, expect, it } from "vitest";
import { announceFrom, torrentFile, Workshop } from "./testing/workshop.js";

const workshop = new Workshop();
const { signal } = new AbortController();

afterEach(() => workshop.close());

function portOf(url: string): number {
  return Number(new URL(url).port);
}

async function rawGet(url: string, path: string, headers: Record<string, string>): Promise<string> {
  return new Promise((resolve, reject) => {
    request({ host: "127.0.0.1", port: portOf(url), path, headers }, (response) => {
      let text = "";
      response.setEncoding("latin1").on("data", (chunk) => {
        text += chunk;
      });
      response.on("end", () => resolve(`${response.statusCode} ${text}`));
    })
      .once("error", reject)
      .end();
  });
}

describe("startTracker", () => {
  it("serves IPv4 and IPv6 on one port, and tells HTTP clients of both", async () => {
    const { httpUrl, udpUrl } = await workshop.tracker("--listen", ":0");
    const client = workshop.client();
    const urls = [httpUrl, `http://[::1]:${portOf(httpUrl)}`, udpUrl, `udp://[::1]:${portOf(udpUrl)}`];
    const heard: string[][] = [];
    for (const [i, url] of urls.entries()) {
      const { peers } = await client.announce(`${url}/announce`, announceFrom(1001 + i), signal);
      heard.push(peers.map(({ host, port }) => `${host} ${port}`).sort());
    }
    expect(heard).toEqual([
      [],
      ["127.0.0.1 1001"],
      // Over UDP, an answer has the peers of its own family only.
      ["127.0.0.1 1001"],
      ["::1 1002"],
    ]);
  });

  it("answers scrapes alike over HTTP and UDP", async () => {
    const { httpUrl, udpUrl } = await workshop.tracker();
    const client = workshop.client();
    const seeder = announceFrom(1001, { leftBytes: 0, event: "completed" });
    await client.announce(`${udpUrl}/announce`, seeder, signal);
    await client.announce(`${httpUrl}/announce`, announceFrom(1002), signal);
    const hashes = [seeder.infoHash, new Uint8Array(20).fill(9)];
    for (const url of [httpUrl, udpUrl]) {
      expect(await client.scrape(`${url}/announce`, hashes, signal)).toEqual([
        { seeders: 1, leechers: 1, completed: 1 },
        { seeders: 0, leechers: 0, completed: 0 },
      ]);
    }
  });

  it("takes announces only for its catalogue with --no-open", async () => {
    const { httpUrl, udpUrl } = await workshop.tracker("--no-open");
    const client = workshop.client();
    const posted = await fetch(`${httpUrl}/api/torrents`, {
      method: "POST",
      body: torrentFile("example.bin"),
    });
    const { infoHash } = (await posted.json()) as { infoHash: string };
    for (const url of [httpUrl, udpUrl]) {
      await expect(client.announce(`${url}/announce`, announceFrom(1001), signal)).rejects.toMatchObject({
        code: "REFUSED",
        message: "this torrent is not in the tracker's catalogue",
      });
      const known = announceFrom(1001, { infoHash: Buffer.from(infoHash, "hex") });
      expect((await client.announce(`${url}/announce`, known, signal)).leechers).toBe(1);
    }
  });

  it("refuses clearly when it is full", async () => {
    const { httpUrl, udpUrl } = await workshop.tracker("--max-peers", "1");
    const client = workshop.client();
    await client.announce(`${httpUrl}/announce`, announceFrom(1001), signal);
    for (const url of [httpUrl, udpUrl]) {
      await expect(client.announce(`${url}/announce`, announceFrom(1002), signal)).rejects.toThrow(
        "the tracker has no room for another peer",
      );
    }
  });

  it("believes neither the ip of a query nor X-Forwarded-For", async () => {
    const { httpUrl } = await workshop.tracker();
    const hash = "%01".repeat(20);
    const path = `/announce?info_hash=${hash}&peer_id=${hash}&port=1001&left=1&ip=192.0.2.9&ipv4=192.0.2.9&ipv6=2001:db8::9`;
    await rawGet(httpUrl, path, { "x-forwarded-for": "192.0.2.9", forwarded: "for=192.0.2.9" });
    const { peers } = await workshop.client().announce(`${httpUrl}/announce`, announceFrom(1002), signal);
    expect(peers).toEqual([{ host: "127.0.0.1", port: 1001 }]);
  });

  it("refuses its API, not announces, to a host name that is not its own", async () => {
    const { httpUrl } = await workshop.tracker("--allow-host", "tracker.example");
    for (const path of ["/api/torrents", "/metrics", "/healthz"]) {
      expect(await rawGet(httpUrl, path, { host: "attacker.example" })).toMatch(/^403 /);
      expect(await rawGet(httpUrl, path, { host: "tracker.example:6969" })).toMatch(/^200 /);
    }
    expect(await rawGet(httpUrl, "/announce", { host: "attacker.example" })).toMatch(
      /^200 .*info_hash is missing/,
    );
  });

  it("serves the API at its control address only, when it has one", async () => {
    const { httpUrl, controlUrl } = await workshop.tracker("--control", "127.0.0.1:0");
    expect(controlUrl).not.toBe(httpUrl);
    expect((await fetch(`${controlUrl}/api/torrents`)).status).toBe(200);
    const refused = await fetch(`${httpUrl}/api/torrents`);
    expect(refused.status).toBe(404);
    expect(catalogueErrorSchema.parse(await refused.json()).error.code).toBe("NOT_FOUND");
    expect(
      (await workshop.client().announce(`${httpUrl}/announce`, announceFrom(1001), signal)).leechers,
    ).toBe(1);
  });

  it("counts what it does", async () => {
    const { httpUrl, udpUrl } = await workshop.tracker();
    const client = workshop.client();
    await client.announce(`${udpUrl}/announce`, announceFrom(1001, { event: "started" }), signal);
    await client.announce(`${httpUrl}/announce`, announceFrom(1002, { leftBytes: 0 }), signal);
    await client.scrape(`${udpUrl}/announce`, [new Uint8Array(20)], signal);
    await rawGet(httpUrl, "/announce?port=1", {});
    const metrics = await (await fetch(`${httpUrl}/metrics`)).text();
    const value = (name: string, ...labels: string[]) => {
      const line = metrics
        .split("\n")
        .find((text) => text.startsWith(name) && labels.every((label) => text.includes(label)));
      return Number(line?.split(" ").at(-1));
    };
    const accepted = 'result="accepted"';
    expect(value("swarmlab_tracker_announces_total", 'protocol="udp"', 'event="started"', accepted)).toBe(1);
    expect(value("swarmlab_tracker_announces_total", 'protocol="http"', 'event="none"', accepted)).toBe(1);
    expect(value("swarmlab_tracker_failures_total", 'protocol="http"', 'reason="malformed"')).toBe(1);
    expect(value("swarmlab_tracker_scrapes_total", 'protocol="udp"')).toBe(1);
    expect(value("swarmlab_tracker_peers", 'role="seeder"', 'family="ipv4"')).toBe(1);
    expect(value("swarmlab_tracker_peers", 'role="leecher"', 'family="ipv4"')).toBe(1);
    expect(value("swarmlab_tracker_torrents")).toBe(1);
    expect(value("swarmlab_tracker_udp_connects_total")).toBe(1);
  });
});
