import { describe, expect, it } from "vitest";
import { SeededRandom } from "../random/seeded-random.js";
import { type ChokePeer, Choker, OPTIMISTIC_INTERVAL_MS, slotsForRate } from "./choker.js";

interface TestPeer extends ChokePeer {
  readonly name: string;
  isUnchoked: boolean;
}

function peer(name: string, fields: Partial<TestPeer> = {}): TestPeer {
  const still = { isInterested: true, isUnchoked: false, downloadRate: 0, uploadRate: 0, isSnubbing: false };
  return { name, ...still, ...fields };
}

const names = (peers: Iterable<TestPeer>) => [...peers].map((p) => p.name).sort();

describe("Choker", () => {
  it("gives the regular slots to the peers that send most while downloading", () => {
    const peers = [10, 50, 30, 40, 20].map((rate) => peer(`${rate}`, { downloadRate: rate }));
    const choker = new Choker<TestPeer>(new SeededRandom("tit for tat"));
    const chosen = choker.round(peers, 4, false, 0);
    expect(chosen.size).toBe(4);
    expect(names(chosen)).toEqual(expect.arrayContaining(["30", "40", "50"]));
  });

  it("gives them to the peers that take most while seeding", () => {
    const peers = [1, 2, 3, 4].map((rate) => peer(`${rate}`, { uploadRate: rate, downloadRate: -rate }));
    const chosen = new Choker<TestPeer>(new SeededRandom("seeding")).round(peers, 3, true, 0);
    expect(names(chosen)).toEqual(expect.arrayContaining(["3", "4"]));
  });

  it("serves nobody who is not interested, and does not reward a peer that snubs us", () => {
    const peers = [
      peer("fast but not interested", { downloadRate: 100, isInterested: false }),
      peer("snubbing", { downloadRate: 90, isSnubbing: true }),
      peer("slow", { downloadRate: 1 }),
      peer("slower", { downloadRate: 0.5 }),
    ];
    const choker = new Choker<TestPeer>(new SeededRandom("snub"));
    const chosen = choker.round(peers, 3, false, 0);
    expect(names(chosen)).toEqual(["slow", "slower", "snubbing"]);
    expect(choker.optimistic?.name).toBe("snubbing");
  });

  it("gives every peer the optimistic slot for the same time", () => {
    const fast = [peer("fast 1", { downloadRate: 9 }), peer("fast 2", { downloadRate: 8 })];
    const slow = Array.from({ length: 5 }, (_, i) => peer(`slow ${i}`));
    const choker = new Choker<TestPeer>(new SeededRandom("optimistic"));
    const turns = new Map<string, number>();
    for (let round = 0; round < 60; round++) {
      choker.round([...fast, ...slow], 3, false, round * 10_000);
      const name = choker.optimistic?.name ?? "";
      turns.set(name, (turns.get(name) ?? 0) + 1);
    }
    expect(60 * 10_000).toBe(20 * OPTIMISTIC_INTERVAL_MS);
    expect([...turns.entries()].sort()).toEqual(slow.map((p) => [p.name, 12]));
  });

  it("hands free slots to newcomers without waiting for a round", () => {
    const peers = [
      peer("served", { isUnchoked: true }),
      peer("idle", { isUnchoked: true, isInterested: false }),
      peer("new"),
    ];
    const choker = new Choker<TestPeer>(new SeededRandom("admit"));
    expect(names(choker.admit(peers, 2))).toEqual(["new"]);
    expect(choker.admit(peers, 1)).toEqual([]);
  });

  it("opens more slots on a faster link", () => {
    expect(slotsForRate(0)).toBe(8);
    expect(slotsForRate(2_000_000)).toBe(35);
  });
});
