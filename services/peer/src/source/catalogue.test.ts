import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import { NodeNetwork } from "@swarmlab/engine/node/node-network";
import { createLogger } from "@swarmlab/telemetry/logger";
import type { CatalogueEntry } from "@swarmlab/tracker-protocol/catalogue";
import { afterEach, describe, expect, it } from "vitest";
import { Catalogue } from "./catalogue.js";
import { findTorrent } from "./find-torrent.js";
import { publishTorrent } from "./publish-torrent.js";
import { parseTorrentArgument } from "./torrent-argument.js";

const hash = "00112233445566778899aabbccddeeff00112233";
const otherHash = "ffeeddccbbaa99887766554433221100ffeeddcc";
const torrentFile = Buffer.from("example");

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** A server on loopback, and its catalogue. */
async function catalogueOf(listener: RequestListener): Promise<Catalogue> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  servers.push(server);
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" ? address?.port : undefined;
  return new Catalogue(`http://127.0.0.1:${port}`, new NodeNetwork());
}

function entry(name: string, infoHash: string, more: Partial<CatalogueEntry> = {}): CatalogueEntry {
  const figures = { totalBytes: 1, pieceCount: 1, files: [], seeders: 1, leechers: 0, completed: 0 };
  return { name, infoHash, ...figures, addedAt: "2000-01-01T00:00:00Z", ...more };
}

/** Lists `entries`, and has the file of each. */
function listing(...entries: CatalogueEntry[]): RequestListener {
  return (request, response) => {
    if (request.url?.startsWith("/api/torrents?")) response.end(JSON.stringify({ torrents: entries }));
    else if (entries.some(({ infoHash }) => request.url?.includes(infoHash))) response.end(torrentFile);
    else response.writeHead(404).end();
  };
}

const refusing =
  (status: number, message = "no"): RequestListener =>
  (_request, response) => {
    response.writeHead(status).end(JSON.stringify({ error: { code: "EXAMPLE", message } }));
  };

const lines: string[] = [];
const context = {
  logger: createLogger({ name: "example", level: "info", format: "json", write: (line) => lines.push(line) }),
  signal: new AbortController().signal,
};

function find(text: string, ...catalogues: Catalogue[]) {
  const query = parseTorrentArgument(text);
  if (query.kind !== "name" && query.kind !== "info-hash") throw new TypeError(`${text} is a ${query.kind}`);
  return findTorrent(query, { catalogues, waitTimeoutMs: 0, ...context });
}

describe("findTorrent", () => {
  it("finds a torrent by name and by hash, in whichever catalogue has it", async () => {
    const empty = await catalogueOf(listing());
    const full = await catalogueOf(listing(entry("example.iso", hash)));
    const found = { infoHash: hash, torrentFile };
    expect(await find("example.iso", empty, full)).toEqual(found);
    expect(await find(hash, empty, full)).toEqual(found);
  });

  it("asks on where another tracker has no catalogue or is down", async () => {
    const without = await catalogueOf(refusing(404));
    const down = await catalogueOf(refusing(503));
    const full = await catalogueOf(listing(entry("example.iso", hash)));
    expect(await find("example.iso", without, down, full)).toMatchObject({ infoHash: hash });
  });

  it("leaves an unknown hash to the peers", async () => {
    expect(await find(hash, await catalogueOf(listing()))).toBeUndefined();
  });

  it("waits until the torrent is there", async () => {
    let requests = 0;
    const full = listing(entry("example.iso", hash));
    const catalogue = await catalogueOf((request, response) =>
      (requests++ < 2 ? listing() : full)(request, response),
    );
    const query = { kind: "name", name: "example.iso" } as const;
    const options = { catalogues: [catalogue], waitTimeoutMs: 10_000, ...context };
    expect(await findTorrent(query, options)).toMatchObject({ infoHash: hash });
    expect(lines.join("")).toContain("waiting for the torrent");
  });

  it("waits until somebody seeds the torrent, and takes it unseeded when time is up", async () => {
    let requests = 0;
    const catalogue = await catalogueOf((request, response) => {
      if (request.url?.includes("name")) requests++;
      listing(entry("example.iso", hash, { seeders: requests > 1 ? 1 : 0 }))(request, response);
    });
    const query = { kind: "name", name: "example.iso" } as const;
    lines.length = 0;
    const options = { catalogues: [catalogue], waitTimeoutMs: 10_000, ...context };
    expect(await findTorrent(query, options)).toMatchObject({ infoHash: hash });
    expect(requests).toBe(2);
    expect(lines.join("")).toContain("nobody seeds");
    const never = await catalogueOf(listing(entry("example.iso", hash, { seeders: 0 })));
    expect(await find("example.iso", never)).toMatchObject({ infoHash: hash });
  });

  it("takes that torrent of a name which has a seeder, in whichever catalogue", async () => {
    const old = entry("example.iso", otherHash, { seeders: 0, leechers: 3, addedAt: "2001-01-01T00:00:00Z" });
    const both = await catalogueOf(listing(entry("example.iso", hash), old));
    const oldOnly = await catalogueOf(listing(old));
    const newOnly = await catalogueOf(listing(entry("example.iso", hash)));
    expect(await find("example.iso", both)).toMatchObject({ infoHash: hash });
    expect(await find("example.iso", oldOnly, newOnly)).toMatchObject({ infoHash: hash });
  });

  it("takes the one added last of several that have seeders", async () => {
    const later = entry("example.iso", hash, { addedAt: "2002-01-01T00:00:00+00:00" });
    const earlier = entry("example.iso", otherHash, { seeders: 5, addedAt: "2001-12-31T23:59:59Z" });
    for (const entries of [
      [later, earlier],
      [earlier, later],
    ]) {
      expect(await find("example.iso", await catalogueOf(listing(...entries)))).toMatchObject({
        infoHash: hash,
      });
    }
  });

  it.each([
    ["a name that does not appear", listing(), "NOT_FOUND"],
    [
      "a name of several torrents that nobody seeds",
      listing(entry("example.iso", hash, { seeders: 0 }), entry("example.iso", otherHash, { seeders: 0 })),
      "AMBIGUOUS_NAME",
    ],
    ["a tracker without a catalogue", refusing(404), "NO_CATALOGUE"],
    ["a failing server", refusing(500), "UNREACHABLE"],
    ["a refusal", refusing(403), "REFUSED"],
    ["something else than a catalogue", refusing(200), "BAD_ANSWER"],
  ])("gives up for %s", async (_case, listener, code) => {
    await expect(find("example.iso", await catalogueOf(listener))).rejects.toMatchObject({ code });
  });
});

describe("publishTorrent", () => {
  it("tries again while the server fails, and sends the file", async () => {
    const bodies: string[] = [];
    const catalogue = await catalogueOf(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      bodies.push(`${request.method} ${request.url} ${Buffer.concat(chunks)}`);
      response.writeHead(bodies.length < 2 ? 503 : 201).end();
    });
    await publishTorrent(torrentFile, [catalogue], context);
    expect(bodies).toEqual(Array(2).fill("POST /api/torrents example"));
  });

  it("puts up with a tracker without a catalogue", async () => {
    await publishTorrent(torrentFile, [await catalogueOf(refusing(404))], context);
    expect(lines.at(-1)).toContain("no catalogue");
  });

  it("says why a torrent is refused", async () => {
    const catalogue = await catalogueOf(refusing(400, "too short"));
    await expect(publishTorrent(torrentFile, [catalogue], context)).rejects.toMatchObject({
      code: "REFUSED",
      message: expect.stringContaining("too short"),
    });
  });
});
