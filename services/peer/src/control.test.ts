import { hostname } from "node:os";
import axios from "axios";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { NodeProcess } from "./testing/node-process.js";
import { Workshop } from "./testing/workshop.js";

const SIZE_BYTES = 600_000;
const client = axios.create({ validateStatus: () => true });

let workshop: Workshop;
let seeder: NodeProcess;
let leecher: NodeProcess;
let seederControl: string;
let leecherControl: string;
let infoHash: string;

beforeAll(async () => {
  workshop = await Workshop.open();
  const { path } = await workshop.file("example.bin", SIZE_BYTES);
  const torrent = workshop.path("example.torrent");
  seeder = workshop.peer(
    ...["--role", "seeder", "--file", path, "--torrent-out", torrent, "--up-limit", "50mbit"],
    ...["--link", "up=100mbit,delay=1ms"],
  );
  await seeder.event("seeding");
  seederControl = await seeder.text("ready", "control");
  infoHash = await seeder.text("torrent", "infoHash");
  leecher = workshop.peer(
    ...["--role", "leecher", "--torrent", torrent, "--dir", workshop.path("copy")],
    ...["--peer", await seeder.text("ready", "listen"), "--name", "example-leecher-1"],
    ...["--control", "localhost:0", "--log-format", "lines"],
  );
  leecherControl = await leecher.text("ready", "control");
  await leecher.event("seeding");
});
afterAll(() => workshop.close());

describe("the HTTP API", () => {
  it("shows the state of the peer", async () => {
    const { data } = await client.get(`${seederControl}/api/state`);
    expect(data).toMatchObject({
      role: "seeder",
      completedAt: expect.stringMatching(/^\d{4}-/),
      node: hostname(),
      joinedAt: expect.stringMatching(/^\d{4}-/),
      link: {
        declared: "up=100mbit,delay=1ms",
        backend: "userspace",
        region: null,
        revision: null,
        measuredRttMs: null,
      },
      limits: { uploadBitsPerSecond: 50_000_000, downloadBitsPerSecond: null },
      torrents: [{ infoHash, name: "example.bin", state: "seeding", totalBytes: SIZE_BYTES }],
    });
    expect(data.uptimeSeconds).toBeGreaterThan(0);
  });

  it("shows a torrent with its pieces and peers", async () => {
    const torrent = `${leecherControl}/api/torrents/${infoHash}`;
    expect((await client.get(torrent)).data).toMatchObject({
      verifiedBytes: SIZE_BYTES,
      downloadedPayloadBytes: SIZE_BYTES,
      downloadBitsPerSecond: expect.any(Number),
    });
    const { pieceCount, verifiedPieces, bitfield } = (await client.get(`${torrent}/pieces`)).data;
    expect(verifiedPieces).toBe(pieceCount);
    expect(Buffer.from(bitfield, "base64")).toHaveLength(Math.ceil(pieceCount / 8));
    expect((await client.get(`${torrent}/peers`)).data).toEqual({ peers: [] });
  });

  it("pauses and resumes", async () => {
    const torrent = `${leecherControl}/api/torrents/${infoHash}`;
    expect((await client.post(`${torrent}/pause`)).data.state).toBe("paused");
    expect((await client.post(`${torrent}/resume`)).data.state).toBe("seeding");
    expect(leecher.names().filter((name) => name === "complete")).toHaveLength(1);
  });

  it("changes limits and lifts them", async () => {
    const limits = `${leecherControl}/api/limits`;
    const set = await client.put(limits, {
      uploadBitsPerSecond: 1_000_000,
      downloadBitsPerSecond: 2_000_000,
    });
    expect(set.data).toEqual({ uploadBitsPerSecond: 1_000_000, downloadBitsPerSecond: 2_000_000 });
    const lifted = await client.put(limits, { uploadBitsPerSecond: null });
    expect(lifted.data).toEqual({ uploadBitsPerSecond: null, downloadBitsPerSecond: 2_000_000 });
  });

  it.each([
    ["put", "/api/limits", { uploadBitsPerSecond: -1 }, 400, "BAD_LIMITS"],
    ["put", "/api/limits", { uploadBytesPerSecond: 1 }, 400, "BAD_LIMITS"],
    ["put", "/api/limits", {}, 400, "BAD_LIMITS"],
    ["put", "/api/limits", "{", 400, "BAD_REQUEST"],
    ["get", "/api/torrents/example", undefined, 400, "BAD_INFO_HASH"],
    ["get", `/api/torrents/${"0".repeat(40)}`, undefined, 404, "UNKNOWN_TORRENT"],
    ["get", "/api/nothing", undefined, 404, "NOT_FOUND"],
  ] as const)("refuses %s %s %j", async (method, path, data, status, code) => {
    const headers = { "content-type": "application/json" };
    const response = await client.request({ method, url: leecherControl + path, data, headers });
    expect(response.status).toBe(status);
    expect(response.data.error.code).toBe(code);
  });

  it("says that the peer is well", async () => {
    const { status, data } = await client.get(`${seederControl}/healthz`);
    expect([status, data]).toEqual([200, { status: "ok", checks: { torrent: "ok" } }]);
  });
});

describe("the metrics", () => {
  async function scrape(control: string): Promise<(series: string) => number> {
    const { data } = await client.get<string>(`${control}/metrics`);
    return (series) => {
      const [name = "", wanted = ""] = series.split(/[{}]/);
      const line = data
        .split("\n")
        .find(
          (each) => each.startsWith(`${name}{`) && wanted.split(",").every((label) => each.includes(label)),
        );
      if (line === undefined) throw new Error(`no ${series} in\n${data}`);
      return Number(line.split(" ").at(-1));
    };
  }

  it("tell what a leecher got", async () => {
    const value = await scrape(leecherControl);
    expect(value('swarmlab_peer_received_bytes_total{kind="payload"}')).toBe(SIZE_BYTES);
    expect(value('swarmlab_peer_received_bytes_total{kind="protocol"}')).toBeGreaterThan(68);
    expect(value('swarmlab_peer_sent_bytes_total{kind="payload"}')).toBe(0);
    expect(value('swarmlab_peer_pieces_total{result="verified"}')).toBe(Math.ceil(SIZE_BYTES / 16_384));
    expect(value('swarmlab_peer_pieces_total{result="failed"}')).toBe(0);
    expect(value(`swarmlab_peer_torrent_completion_ratio{info_hash="${infoHash}"}`)).toBe(1);
    expect(value(`swarmlab_peer_torrent_size_bytes{name="example.bin"}`)).toBe(SIZE_BYTES);
    expect(value("swarmlab_peer_torrent_verified_bytes{}")).toBe(SIZE_BYTES);
    expect(value("swarmlab_peer_wasted_bytes_total{}")).toBe(0);
    expect(value('swarmlab_peer_connections_total{direction="outgoing"}')).toBeGreaterThan(0);
    expect(value("swarmlab_peer_bans_total{}")).toBe(0);
    expect(value('swarmlab_peer_announces_total{result="failed"}')).toBe(0);
    expect(value('swarmlab_peer_link_backend_info{backend="none"}')).toBe(1);
    const startedSeconds = value("swarmlab_peer_start_timestamp_seconds{}");
    const completeSeconds = value("swarmlab_peer_complete_timestamp_seconds{}");
    expect(Date.now() / 1000 - startedSeconds).toBeLessThan(60);
    expect(completeSeconds).toBeGreaterThanOrEqual(startedSeconds);
    expect(completeSeconds).toBeLessThanOrEqual(Date.now() / 1000);
    const { seconds } = await leecher.event("complete");
    expect(completeSeconds - startedSeconds).toBeCloseTo(Number(seconds), 1);
  });

  it("tell whose they are", async () => {
    const leecherValue = await scrape(leecherControl);
    expect(leecherValue('swarmlab_build_info{role="leecher",node="example-leecher-1",service="peer"}')).toBe(
      1,
    );
    expect((await scrape(seederControl))(`swarmlab_build_info{node="${hostname()}"}`)).toBe(1);
  });

  it("tell how long requests took, in buckets that add up", async () => {
    const value = await scrape(leecherControl);
    const blocks = Math.ceil(SIZE_BYTES / 16_384);
    expect(value('swarmlab_peer_request_latency_seconds_bucket{le="+Inf"}')).toBe(blocks);
    expect(value('swarmlab_peer_request_latency_seconds_bucket{le="30"}')).toBe(blocks);
    expect(value("swarmlab_peer_request_latency_seconds_count{}")).toBe(blocks);
    expect(value("swarmlab_peer_request_latency_seconds_sum{}")).toBeGreaterThan(0);
  });

  it("tell of a seeder's link, limits and peers", async () => {
    const value = await scrape(seederControl);
    expect(value('swarmlab_peer_sent_bytes_total{kind="payload"}')).toBe(SIZE_BYTES);
    expect(value('swarmlab_peer_link_backend_info{backend="userspace"}')).toBe(1);
    expect(value('swarmlab_peer_link_declared_bits_per_second{direction="up"}')).toBe(100_000_000);
    expect(value("swarmlab_peer_link_declared_delay_seconds{}")).toBe(0.001);
    expect(value('swarmlab_peer_limit_bits_per_second{direction="up"}')).toBe(50_000_000);
    for (const state of ["connected", "choking_us", "unchoked_by_us", "interested", "snubbed"]) {
      expect(value(`swarmlab_peer_peers{state="${state}"}`)).toBe(0);
    }
    expect(value("nodejs_eventloop_lag_seconds{}")).toBeGreaterThanOrEqual(0);
  });
});
