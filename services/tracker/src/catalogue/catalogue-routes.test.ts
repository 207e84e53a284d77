import {
  catalogueErrorSchema,
  catalogueListSchema,
  cataloguePaths,
  maxTorrentFileBytes,
  torrentMediaType,
} from "@swarmlab/tracker-protocol/catalogue";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { announceFrom, torrentFile, Workshop } from "../testing/workshop.js";

const workshop = new Workshop();
const { signal } = new AbortController();
let origin: string;

beforeEach(async () => {
  origin = (await workshop.tracker()).controlUrl;
});

afterEach(() => workshop.close());

async function list(path: string) {
  return catalogueListSchema.parse(await (await fetch(origin + path)).json()).torrents;
}

function post(body: Uint8Array<ArrayBuffer>): Promise<Response> {
  return fetch(origin + cataloguePaths.torrents, { method: "POST", body });
}

async function add(name: string): Promise<string> {
  await post(torrentFile(name));
  const [entry] = await list(cataloguePaths.byName(name));
  if (entry === undefined) throw new Error(`${name} is not listed`);
  return entry.infoHash;
}

describe("the catalogue's API", () => {
  it("takes a torrent once, and knows it afterwards", async () => {
    const statuses = [];
    for (let i = 0; i < 2; i++) statuses.push((await post(torrentFile("a.bin"))).status);
    expect(statuses).toEqual([201, 200]);
    expect(await list(cataloguePaths.torrents)).toHaveLength(1);
  });

  it("lists torrents with what the tracker knows of their swarms", async () => {
    const infoHash = await add("a b&c.bin");
    await add("other.bin");
    const done = announceFrom(1001, {
      infoHash: Buffer.from(infoHash, "hex"),
      leftBytes: 0,
      event: "completed",
    });
    await workshop.client().announce(`${origin}/announce`, done, signal);
    expect(await list(cataloguePaths.byName("a b&c.bin"))).toEqual([
      {
        name: "a b&c.bin",
        infoHash,
        totalBytes: 5,
        pieceCount: 1,
        files: [{ path: "a b&c.bin", sizeBytes: 5 }],
        seeders: 1,
        leechers: 0,
        completed: 1,
        addedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      },
    ]);
    expect(await list(cataloguePaths.byName("nothing"))).toEqual([]);
    expect(await list(cataloguePaths.torrents)).toHaveLength(2);
  });

  it("gives a torrent as JSON, or as the very bytes that were added", async () => {
    const infoHash = await add("a.bin");
    const json = await fetch(origin + cataloguePaths.torrent(infoHash.toUpperCase()));
    expect(json.headers.get("content-type")).toContain("application/json");
    expect(await json.json()).toMatchObject({ name: "a.bin", infoHash });
    const files = [
      await fetch(origin + cataloguePaths.torrentFile(infoHash)),
      await fetch(origin + cataloguePaths.torrent(infoHash), { headers: { accept: torrentMediaType } }),
    ];
    for (const file of files) {
      expect(file.headers.get("content-type")).toBe(torrentMediaType);
      expect(new Uint8Array(await file.arrayBuffer())).toEqual(torrentFile("a.bin"));
    }
  });

  it("removes a torrent", async () => {
    const infoHash = await add("a.bin");
    const path = origin + cataloguePaths.torrent(infoHash);
    expect((await fetch(path, { method: "DELETE" })).status).toBe(204);
    for (const method of ["DELETE", "GET"]) expect((await fetch(path, { method })).status).toBe(404);
  });

  it.each([
    ["nonsense", new Uint8Array(10), 400, "BAD_TORRENT"],
    ["nothing", new Uint8Array(), 400, "BAD_TORRENT"],
    ["a name that would leave the directory", torrentFile("../../evil"), 400, "BAD_TORRENT"],
    ["more than 32 MiB", new Uint8Array(maxTorrentFileBytes + 1), 413, "BAD_REQUEST"],
  ])("refuses %s with a code and a message", async (_name, body, status, code) => {
    const response = await post(body);
    expect(response.status).toBe(status);
    const { error } = catalogueErrorSchema.parse(await response.json());
    expect(error.code).toBe(code);
    expect(error.message).not.toMatch(/\n|:\d+:\d+/);
  });

  it("does not know what was never added, nor a path instead of a hash", async () => {
    for (const name of ["0".repeat(40), "..%2f..%2fpackage", "constructor", "%E0%A4%A"]) {
      for (const path of [cataloguePaths.torrent(name), cataloguePaths.torrentFile(name)]) {
        const response = await fetch(origin + path);
        expect([400, 404]).toContain(response.status);
        catalogueErrorSchema.parse(await response.json());
      }
    }
  });
});
