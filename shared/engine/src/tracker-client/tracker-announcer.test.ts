import { encodeBencode } from "@swarmlab/bencode/encode";
import { describe, expect, it } from "vitest";
import type { HttpResponse, Network, SocketAddress } from "../ports/network.js";
import { SeededRandom } from "../random/seeded-random.js";
import { VirtualClock } from "../simulation/virtual-clock.js";
import { type AnnounceFigures, TrackerAnnouncer, type TrackerAnnouncerOptions } from "./tracker-announcer.js";
import { TrackerClient } from "./tracker-client.js";

interface Announce {
  readonly host: string;
  readonly atMs: number;
  readonly event: string | null;
  readonly numWant: string | null;
}

/** Trackers by host name: each answers with a dictionary, an error, or (undefined) never. */
type Trackers = Record<string, () => Parameters<typeof encodeBencode>[0] | Error | undefined>;

function setUp(trackers: Trackers, tiers: string[][], options: Partial<TrackerAnnouncerOptions> = {}) {
  const clock = new VirtualClock();
  const announces: Announce[] = [];
  const failures: string[] = [];
  const successes: number[] = [];
  const peers: SocketAddress[] = [];
  const notScripted = () => {
    throw new Error("not scripted");
  };
  const network: Network = {
    connect: notScripted,
    listen: notScripted,
    openDatagramSocket: notScripted,
    resolve: notScripted,
    httpGet: (url, { signal }) => {
      const { hostname, searchParams } = new URL(url.replace(/(info_hash|peer_id)=[^&]*/g, "$1="));
      const announced = { host: hostname, atMs: clock.nowMs() };
      announces.push({
        ...announced,
        event: searchParams.get("event"),
        numWant: searchParams.get("numwant"),
      });
      const answer = trackers[hostname]?.();
      if (answer instanceof Error) return Promise.reject(answer);
      if (answer !== undefined)
        return Promise.resolve<HttpResponse>({ status: 200, body: encodeBencode(answer) });
      return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    },
  };
  const random = new SeededRandom(1);
  const figures: AnnounceFigures = { uploadedBytes: 1, downloadedBytes: 2, leftBytes: 3, port: 6881 };
  const announcer = new TrackerAnnouncer({
    client: new TrackerClient({ network, clock, random }),
    clock,
    random,
    infoHash: new Uint8Array(20),
    peerId: new Uint8Array(20),
    tiers: tiers.map((tier) => tier.map((host) => (host.includes(":") ? host : `http://${host}/announce`))),
    figures: () => figures,
    onPeers: (found) => peers.push(...found),
    onSuccess: (_url, { intervalMs }) => successes.push(intervalMs),
    onFailure: (url, error) => failures.push(`${new URL(url).hostname}: ${error.message}`),
    ...options,
  });
  return { clock, announcer, announces, failures, successes, peers };
}

const answering =
  (interval: number, more = {}) =>
  () => ({ interval, ...more });
const timesOf = (announces: Announce[]) => announces.map(({ atMs }) => atMs);
const eventsOf = (announces: Announce[]) => announces.map(({ event }) => event);

describe("TrackerAnnouncer", () => {
  it("tells started, then comes at the interval, then completed once, then stopped", async () => {
    const peersOf = { peers: Uint8Array.of(192, 0, 2, 9, 0, 80) };
    const { clock, announcer, announces, peers } = setUp({ a: answering(600, peersOf) }, [["a"]]);
    announcer.announceNow();
    await clock.run(clock.nowMs() + 1_200_000);
    announcer.announceNow("completed");
    await clock.run(clock.nowMs() + 600_000);
    await announcer.close();
    expect(eventsOf(announces)).toEqual(["started", null, null, "completed", null, "stopped"]);
    expect(timesOf(announces)).toEqual([0, 600_000, 1_200_000, 1_200_000, 1_800_000, 1_800_000]);
    expect(announces.map(({ numWant }) => numWant)).toEqual(["50", "50", "50", "50", "50", "0"]);
    expect(peers[0]).toEqual({ host: "192.0.2.9", port: 80 });
    await clock.run(clock.nowMs() + 3_600_000);
    expect(announces).toHaveLength(6);
  });

  it("tells started before completed when the download ends while it announces", async () => {
    const { clock, announcer, announces } = setUp({ a: answering(600) }, [["a"]]);
    announcer.announceNow();
    announcer.announceNow("completed");
    await clock.run(clock.nowMs() + 1);
    expect(eventsOf(announces)).toEqual(["started", "completed"]);
  });

  it.each([
    [0, 5_000],
    [1_000_000_000, 3_600_000],
    [60, 60_000],
  ])("bounds an interval of %d seconds to %d ms", async (interval, expectedMs) => {
    const { clock, announcer, successes } = setUp({ a: answering(interval) }, [["a"]]);
    announcer.announceNow();
    await clock.run(clock.nowMs() + 1);
    expect(successes).toEqual([expectedMs]);
  });

  it("asks for peers early, but never before the tracker's min interval", async () => {
    const trackers = { a: answering(600, { "min interval": 20 }) };
    const { clock, announcer, announces } = setUp(trackers, [["a"]]);
    announcer.announceNow();
    await clock.run(clock.nowMs() + 10_000);
    for (let i = 0; i < 3; i++) announcer.requestPeers();
    await clock.run(clock.nowMs() + 30_000);
    announcer.requestPeers();
    await clock.run(clock.nowMs() + 1);
    expect(timesOf(announces)).toEqual([0, 20_000, 40_000]);
  });

  it("goes through the tiers in order, and remembers within a tier who answered", async () => {
    let bAnswers = true;
    const down = () => new Error("down");
    const trackers = {
      a1: down,
      a2: down,
      b1: () => (bAnswers ? { interval: 60 } : down()),
      b2: answering(60),
    };
    const { clock, announcer, announces } = setUp(trackers, [
      ["a1", "a2"],
      ["b1", "b2"],
    ]);
    announcer.announceNow();
    await clock.run(clock.nowMs() + 1);
    const tried = announces.splice(0).map(({ host }) => host);
    expect(tried.slice(0, 2).sort()).toEqual(["a1", "a2"]);
    const answered = tried.at(-1);
    bAnswers = false;
    await clock.run(clock.nowMs() + 60_000);
    const secondRound = announces.splice(0).map(({ host }) => host);
    if (answered === "b2") expect(secondRound.slice(2)).toEqual(["b2"]);
    else expect(secondRound.slice(2)).toEqual(["b1", "b2"]);
    await clock.run(clock.nowMs() + 60_000);
    expect(announces.map(({ host }) => host).slice(2)).toEqual(["b2"]);
  });

  it("waits longer after each failure, with jitter, and tells started to a tracker that comes back", async () => {
    let down = true;
    const trackers = { a: () => (down ? new Error("down") : { interval: 600 }) };
    const { clock, announcer, announces, failures } = setUp(trackers, [["a"]]);
    announcer.announceNow();
    await clock.run(clock.nowMs() + 2_000_000);
    const waits = timesOf(announces).map((time, i, times) => time - (times[i - 1] ?? 0));
    for (const [i, expectedMs] of [
      5_000, 10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000,
    ].entries()) {
      expect(waits[i + 1]).toBeGreaterThanOrEqual(expectedMs / 2);
      expect(waits[i + 1]).toBeLessThan(expectedMs);
    }
    expect(failures[0]).toBe("a: down");
    down = false;
    announces.length = 0;
    await clock.run(clock.nowMs() + 300_000);
    expect(eventsOf(announces)).toEqual(["started"]);
  });

  it("comes back to a tracker that failed no later than it would have come anyway", async () => {
    let down = false;
    const trackers = { a: () => (down ? new Error("down") : { interval: 10 }) };
    const { clock, announcer, announces } = setUp(trackers, [["a"]]);
    announcer.announceNow();
    await clock.run(clock.nowMs() + 1);
    down = true;
    await clock.run(clock.nowMs() + 300_000);
    const times = timesOf(announces);
    for (const [i, time] of times.entries()) expect(time - (times[i - 1] ?? 0)).toBeLessThanOrEqual(10_000);
  });

  it("closes within its time although a tracker hangs, and tells nobody who does not know it", async () => {
    let hangs = false;
    const trackers = { a: () => new Error("down"), b: () => (hangs ? undefined : { interval: 60 }) };
    const { clock, announcer, announces } = setUp(trackers, [["a"], ["b"]]);
    announcer.announceNow();
    await clock.run(clock.nowMs() + 1);
    hangs = true;
    announces.length = 0;
    const closed = announcer.close();
    await clock.run(clock.nowMs() + 1_500);
    await closed;
    expect(announces).toMatchObject([{ host: "b", event: "stopped" }]);
    await clock.run(clock.nowMs() + 600_000);
    expect(announces).toHaveLength(1);
  });

  it("tells stopped to a tracker that it was just asking", async () => {
    let hangs = true;
    const { clock, announcer, announces } = setUp({ a: () => (hangs ? undefined : { interval: 60 }) }, [
      ["a"],
    ]);
    announcer.announceNow();
    await clock.run(clock.nowMs() + 1);
    hangs = false;
    await announcer.close();
    expect(eventsOf(announces)).toEqual(["started", "stopped"]);
  });

  it("says once that it cannot speak to a URL", async () => {
    const { clock, announcer, failures } = setUp({ a: () => new Error("down") }, [["wss://x.example/", "a"]]);
    announcer.announceNow();
    await clock.run(clock.nowMs() + 60_000);
    expect(failures.filter((failure) => failure.startsWith("x.example"))).toHaveLength(1);
  });
});
