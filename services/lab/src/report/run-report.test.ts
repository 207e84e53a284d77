import { parseLink } from "@swarmlab/scenario/link";
import { describe, expect, it } from "vitest";
import type { PeerMeasurement, SwarmMeasurement } from "../run/measurement.js";
import { createReport } from "./run-report.js";

const linkText = "up=15140kbit,delay=5ms";

function peer(
  name: string,
  completeSeconds: number | undefined,
  downloadedBytes: number,
  uploadedBytes: number,
  text = linkText,
): PeerMeasurement {
  return {
    name,
    role: name === "seeder" ? "seeder" : "leecher",
    linkText: text,
    link: parseLink(text),
    backend: "userspace",
    ...(completeSeconds !== undefined && { completeSeconds }),
    downloadedBytes,
    uploadedBytes,
    samples: [],
  };
}

const swarm: SwarmMeasurement = {
  name: "example.bin",
  infoHash: "0123456789abcdef0123456789abcdef01234567",
  totalBytes: 18_100_000,
  pieceCount: 100,
  readySpreadSeconds: 0.25,
  peers: [
    peer("seeder", undefined, 0, 30_000_000),
    peer("leecher-1", 14, 18_100_000, 20_000_000),
    peer("leecher-2", 12, 18_100_000, 10_000_000),
    peer("leecher-3", 20.2, 18_100_000, 0),
    peer("leecher-4", 13, 18_100_000, 40_000_000),
  ],
};
const copies = ["leecher-1", "leecher-2", "leecher-3", "leecher-4"].map((name) => ({ name }));

describe("createReport", () => {
  const report = createReport({ seed: "example", swarm, copies });

  it("gives the times to the first, the median and the last leecher", () => {
    expect(report.completion).toEqual({ firstSeconds: 12, medianSeconds: 13.5, lastSeconds: 20.2 });
  });

  it("gives each peer's share of the uploading", () => {
    expect(report.peers.map(({ uploadShare }) => uploadShare)).toEqual([0.3, 0.2, 0.1, 0, 0.4]);
  });

  it("tells the links as declared and in full", () => {
    const mixed = { ...swarm, peers: [...swarm.peers, peer("leecher-5", 3, 0, 0, "fiber")] };
    const { peers } = createReport({ seed: "example", swarm: mixed, copies });
    expect(peers.map(({ link }) => link).slice(-2)).toEqual([
      { text: linkText, settings: linkText },
      { text: "fiber", settings: "up=5mbit,down=20mbit,delay=2ms" },
    ]);
  });

  it("compares with the bound", () => {
    // Four leechers, so two more rounds: 10 s (1 + 2/100).
    expect(report.theory).toMatchObject({ kind: "bound", bound: { bindingTerm: "piece-forwarding" } });
    expect(report.theory).toHaveProperty("efficiency", expect.closeTo(10.2 / 20.2, 9));
  });

  it("is verified only when every copy is", () => {
    expect(report.isVerified).toBe(true);
    const wrong = copies.map((copy, i) => (i === 2 ? { ...copy, difference: "one byte differs" } : copy));
    expect(createReport({ seed: "example", swarm, copies: wrong }).isVerified).toBe(false);
    expect(createReport({ seed: "example", swarm, copies: [] }).isVerified).toBe(false);
  });

  it("says what userspace links do not do", () => {
    expect(report.notes).toEqual([]);
    const lossy = { ...swarm, peers: [...swarm.peers, peer("leecher-5", 999, 0, 0, "cable,loss=1%")] };
    expect(createReport({ seed: "example", swarm: lossy, copies }).notes).toEqual([
      "userspace links carry rate, delay and jitter: loss, corrupt, duplicate and reorder do not reach TCP",
    ]);
  });

  it("does not hide that a run was faster than can be", () => {
    const fast = { ...swarm, peers: [peer("seeder", undefined, 0, 1), peer("leecher-1", 9, 1, 0)] };
    expect(createReport({ seed: "example", swarm: fast, copies }).notes).toEqual([
      "faster than the bound: the links let more through than was declared",
    ]);
  });

  it("shares nothing out when nothing was uploaded", () => {
    const peers = [peer("seeder", undefined, 0, 0), peer("leecher-1", 0, 0, 0)];
    const empty = createReport({ seed: "example", swarm: { ...swarm, totalBytes: 0, peers }, copies });
    expect(empty.peers.map(({ uploadShare }) => uploadShare)).toEqual([0, 0]);
  });
});
