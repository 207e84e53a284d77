import { describe, expect, it } from "vitest";
import type { PeerReport, RunReport } from "./run-report.js";
import { formatReport } from "./text-report.js";

const seeder: PeerReport = {
  name: "seeder",
  role: "seeder",
  link: { text: "fiber", settings: "up=5mbit,down=20mbit,delay=2ms" },
  backend: "userspace",
  downloadedBytes: 0,
  uploadedBytes: 3 * 2 ** 20,
  uploadShare: 0.75,
  samples: [],
};
const leecher: PeerReport = {
  name: "leecher-1",
  role: "leecher",
  link: { text: "up=1mbit", settings: "up=1mbit" },
  backend: "none",
  completeSeconds: 12.5,
  downloadedBytes: 4 * 2 ** 20,
  uploadedBytes: 2 ** 20,
  uploadShare: 0.25,
  samples: [],
};
const report: RunReport = {
  seed: "example",
  content: {
    name: "example.bin",
    infoHash: "0123456789abcdef0123456789abcdef01234567",
    totalBytes: 4 * 2 ** 20,
    pieceCount: 16,
  },
  clock: "from here to there",
  readySpreadSeconds: 0.25,
  completion: { firstSeconds: 12.5, medianSeconds: 12.5, lastSeconds: 12.5 },
  peers: [seeder, leecher],
  theory: {
    kind: "bound",
    bound: {
      seconds: 10,
      bindingTerm: "seeder-upload",
      terms: { "slowest-download": 1.25, "seeder-upload": 10, "total-upload": 4.5 },
    },
    efficiency: 0.8,
  },
  copies: [{ name: "leecher-1" }],
  isVerified: true,
  notes: [],
};
const plain = (_style: string, text: string) => text;

describe("formatReport", () => {
  it("is aligned text", () => {
    expect(`\n${formatReport(report, plain)}`).toMatchInlineSnapshot(`
      "
      Content     example.bin, 4 MiB in 16 pieces
                  info hash 0123456789abcdef0123456789abcdef01234567, seed example
      Links       fiber = up=5mbit,down=20mbit,delay=2ms, emulated in userspace: seeder
                  up=1mbit, not emulated: leecher-1
      Clock       from here to there;
                  all leechers were ready within 0.25 s

      PEER         TIME  DOWNLOADED  UPLOADED  SHARE OF UPLOADING
      seeder          -         0 B     3 MiB              75.0 %
      leecher-1  12.5 s       4 MiB     1 MiB              25.0 %

      Time to     first 12.5 s, median 12.5 s, last 12.5 s
      Bound       10.0 s, payload in full frames; the largest of
                    slowest download   F / d_min              1.25 s
                    seeder's upload    F / u_s                10.0 s  <- binds
                    all uploads        N F / (u_s + sum u_i)  4.50 s
      Efficiency  80.0 % (bound / time to last)
      Copies      1 of 1 equal the source, byte for byte
      "
    `);
  });

  it("says why there is no bound", () => {
    const theory = { kind: "none", reason: "no link limits the rate" } as const;
    expect(formatReport({ ...report, theory }, plain)).toContain(
      "Bound       none, and no efficiency: no link limits the rate\n",
    );
  });

  it("names the copies that differ", () => {
    const copies = [{ name: "leecher-1", difference: "it has 3 bytes instead of 4" }];
    expect(formatReport({ ...report, copies, isVerified: false }, plain)).toContain(
      "Copies      1 of 1 differ from the source\n            leecher-1: it has 3 bytes instead of 4\n",
    );
  });
});
