import { describe, expect, it } from "vitest";
import { type StoreAnnounce, SwarmStore, type SwarmStoreOptions } from "./swarm-store.js";

const infoHash = new Uint8Array(20).fill(1);
const otherHash = new Uint8Array(20).fill(2);

function setUp(options: Partial<SwarmStoreOptions> = {}) {
  const clock = { nowMs: 0 };
  let state = 1;
  const randomUint32 = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state;
  };
  const store = new SwarmStore({
    nowMs: () => clock.nowMs,
    randomUint32,
    peerLifeMs: 1000,
    maxTorrents: 10,
    maxPeers: 1000,
    ...options,
  });
  const announce = (number: number, more: Partial<StoreAnnounce> = {}) =>
    store.announce({
      infoHash,
      ip: Uint8Array.of(192, 0, 2, number),
      port: 6881,
      leftBytes: 1,
      event: undefined,
      maxPicked: 50,
      bothFamilies: true,
      ...more,
    });
  /** The last byte of the IPv4 addresses, and of the IPv6 addresses, that an announce is given. */
  const peersFor = (number: number, more: Partial<StoreAnnounce> = {}) => {
    const answer = announce(number, more);
    if (answer.kind === "refusal") throw new Error(answer.reason);
    const lastBytes = (packed: Uint8Array, stride: number) =>
      Array.from({ length: packed.length / stride }, (_, i) => packed[i * stride + stride - 3] ?? 0).sort(
        (a, b) => a - b,
      );
    return { ipv4: lastBytes(answer.ipv4, 6), ipv6: lastBytes(answer.ipv6, 18) };
  };
  return { store, clock, announce, peersFor };
}

const seeder = { leftBytes: 0 };
const ipv6 = (number: number) => {
  const ip = new Uint8Array(16).fill(0x20);
  ip[15] = number;
  return { ip };
};

describe("SwarmStore", () => {
  it("gives leechers everybody else, and seeders the leechers only", () => {
    const { announce, peersFor } = setUp();
    for (const number of [1, 2]) announce(number);
    for (const number of [3, 4]) announce(number, seeder);
    expect(peersFor(1).ipv4).toEqual([2, 3, 4]);
    expect(peersFor(3, seeder).ipv4).toEqual([1, 2]);
    expect(announce(1)).toMatchObject({ seeders: 2, leechers: 2 });
  });

  it("keeps the families apart, the asker's own first", () => {
    const { announce, peersFor } = setUp();
    for (const number of [1, 2, 3]) announce(number);
    for (const number of [4, 5]) announce(0, ipv6(number));
    expect(peersFor(1)).toEqual({ ipv4: [2, 3], ipv6: [4, 5] });
    expect(peersFor(0, ipv6(4))).toEqual({ ipv4: [1, 2, 3], ipv6: [5] });
    expect(peersFor(1, { maxPicked: 3 }).ipv4).toEqual([2, 3]);
    expect(peersFor(0, { ...ipv6(4), maxPicked: 1 })).toEqual({ ipv4: [], ipv6: [5] });
    expect(peersFor(1, { bothFamilies: false }).ipv6).toEqual([]);
    expect(peersFor(0, { ...ipv6(4), bothFamilies: false })).toEqual({ ipv4: [], ipv6: [5] });
  });

  it("knows a peer by its address and port", () => {
    const { store, announce } = setUp();
    announce(1);
    announce(1);
    announce(1, { port: 6882 });
    expect(store.figures(infoHash)).toEqual({ seeders: 0, leechers: 2, completed: 0 });
  });

  it("never gives more than was asked for, nor more than 200", () => {
    const { announce } = setUp();
    for (let port = 1; port <= 300; port++) announce(1, { port });
    for (const [maxPicked, expected] of [
      [0, 0],
      [7, 7],
      [200, 200],
      [1e9, 200],
    ] as const) {
      const answer = announce(9, { maxPicked });
      expect(answer.kind === "answer" && answer.ipv4.length).toBe(expected * 6);
    }
  });

  it("forgets a peer that stopped, and tells it nothing more", () => {
    const { store, announce, peersFor } = setUp();
    announce(1);
    announce(2);
    expect(peersFor(1, { event: "stopped" })).toEqual({ ipv4: [], ipv6: [] });
    expect(peersFor(2).ipv4).toEqual([]);
    announce(2, { event: "stopped" });
    announce(3, { event: "stopped" });
    expect(store.totals).toMatchObject({ torrents: 0, peers: { ipv4: { seeder: 0, leecher: 0 } } });
  });

  it("counts a finished download once", () => {
    const { store, announce } = setUp();
    announce(1, { event: "started" });
    announce(1, { event: "completed", leftBytes: 0 });
    announce(1, { event: "completed", leftBytes: 0 });
    announce(2, seeder);
    expect(store.figures(infoHash)).toEqual({ seeders: 2, leechers: 0, completed: 1 });
    expect(store.totals.peers.ipv4).toEqual({ seeder: 2, leecher: 0 });
  });

  it("forgets peers after their life, in slices, and those that announced since stay", () => {
    const { store, clock, announce } = setUp();
    announce(1);
    announce(2, seeder);
    announce(3, { infoHash: otherHash, ...ipv6(3) });
    clock.nowMs = 900;
    announce(1);
    store.sweep(1);
    expect(store.totals.torrents).toBe(2);
    clock.nowMs = 1100;
    for (let i = 0; i < 3; i++) store.sweep(0.5);
    expect(store.totals).toEqual({
      torrents: 1,
      peers: { ipv4: { seeder: 0, leecher: 1 }, ipv6: { seeder: 0, leecher: 0 } },
    });
    clock.nowMs = 3000;
    for (let i = 0; i < 3; i++) store.sweep(1);
    expect(store.totals.torrents).toBe(0);
  });

  it("keeps the count of finished downloads of a pinned torrent", () => {
    const { store, announce } = setUp();
    store.pin(infoHash);
    announce(1, { event: "completed", leftBytes: 0 });
    announce(1, { event: "stopped", leftBytes: 0 });
    expect(store.figures(infoHash)).toEqual({ seeders: 0, leechers: 0, completed: 1 });
    store.unpin(infoHash);
    expect(store.figures(infoHash)).toBeUndefined();
  });

  it("refuses torrents and peers beyond its bounds, but not those that it knows", () => {
    const { announce, store } = setUp({ maxTorrents: 1, maxPeers: 2 });
    announce(1);
    expect(announce(1, { infoHash: otherHash })).toEqual({ kind: "refusal", reason: "TOO_MANY_TORRENTS" });
    announce(2);
    expect(announce(3)).toEqual({ kind: "refusal", reason: "TOO_MANY_PEERS" });
    expect(announce(2, seeder)).toMatchObject({ kind: "answer", seeders: 1 });
    announce(2, { event: "stopped" });
    expect(announce(3).kind).toBe("answer");
    expect(store.totals.peers.ipv4).toEqual({ seeder: 0, leecher: 2 });
  });
});
