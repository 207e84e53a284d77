import { parseLink } from "@swarmlab/scenario/link";
import { describe, expect, it } from "vitest";
import type { PeerMeasurement, SwarmMeasurement } from "../run/measurement.js";
import { compareWithBound } from "./theory.js";

// Of 15.14 Mbit/s of full frames, 14.48 Mbit/s are payload: 18.1 MB take 10 s.
const totalBytes = 18_100_000;

function peer(role: PeerMeasurement["role"], linkText: string, backend: PeerMeasurement["backend"]) {
  const link = parseLink(linkText);
  return { name: role, role, linkText, link, backend, downloadedBytes: 0, uploadedBytes: 0, samples: [] };
}

function swarm(seederLink: string, leecherLinks: readonly string[]): SwarmMeasurement {
  const leechers = leecherLinks.map((link) => peer("leecher", link, "userspace"));
  const peers = [peer("seeder", seederLink, "userspace"), ...leechers];
  return { name: "example", infoHash: "", totalBytes, pieceCount: 100, readySpreadSeconds: 0, peers };
}

describe("compareWithBound", () => {
  it("compares payload with payload, and the last leecher with the term that binds", () => {
    const leecher = "up=3785kbit,down=30280kbit";
    const theory = compareWithBound(swarm("up=15140kbit", [leecher, leecher]), 16);
    if (theory.kind !== "bound") throw new Error(theory.reason);
    expect(theory.bound.terms["slowest-download"]).toBeCloseTo(5, 9);
    expect(theory.bound.terms["seeder-upload"]).toBeCloseTo(10, 9);
    expect(theory.bound.terms["total-upload"]).toBeCloseTo(40 / 3, 9);
    expect(theory.bound.terms["piece-forwarding"]).toBeUndefined();
    expect(theory.bound.bindingTerm).toBe("total-upload");
    expect(theory.efficiency).toBeCloseTo(5 / 6, 9);
  });

  it("counts the forwarding of pieces when all upload at the same rate", () => {
    const theory = compareWithBound(swarm("up=15140kbit", ["up=15140kbit", "up=15140kbit"]), 20.2);
    if (theory.kind !== "bound") throw new Error(theory.reason);
    expect(theory.bound.bindingTerm).toBe("piece-forwarding");
    expect(theory.bound.seconds).toBeCloseTo(10.1, 9);
    expect(theory.efficiency).toBeCloseTo(0.5, 9);
  });

  it("takes only those limits that there are", () => {
    const theory = compareWithBound(swarm("up=15140kbit", ["none", "none"]), 10);
    if (theory.kind !== "bound") throw new Error(theory.reason);
    expect(Object.keys(theory.bound.terms)).toEqual(["seeder-upload"]);
  });

  it("gives no number when no rate is limited", () => {
    const theory = compareWithBound(swarm("none", ["delay=10ms"]), 1);
    expect(theory).toEqual({ kind: "none", reason: "no link limits the rate" });
  });

  it("gives no number when a declared limit was not emulated", () => {
    const emulated = swarm("up=15140kbit", ["none"]);
    const bare = { ...emulated, peers: [...emulated.peers, peer("leecher", "down=1mbit", "none")] };
    expect(compareWithBound(bare, 1)).toEqual({
      kind: "none",
      reason: "nothing emulated the link of leecher",
    });
  });

  it("gives no number when there was nothing to transfer", () => {
    const empty = { ...swarm("up=15140kbit", ["none"]), totalBytes: 0, pieceCount: 0 };
    expect(compareWithBound(empty, 0)).toMatchObject({ kind: "none" });
  });
});
