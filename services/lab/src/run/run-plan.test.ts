import { parseLinkMix } from "@swarmlab/scenario/link-mix";
import { describe, expect, it } from "vitest";
import { planRun } from "./run-plan.js";

describe("planRun", () => {
  const links = parseLinkMix("fiber,cable");
  const plan = (seed: string, leecherCount: number) =>
    planRun({ seed, leecherCount, links, seederLinks: parseLinkMix("lan") });

  it("gives every peer a name, a seed of its own and a link", () => {
    const { seeder, leechers } = plan("example", 2);
    expect(seeder).toMatchObject({ name: "seeder", seed: "example/seeder", link: { text: "lan" } });
    expect(leechers.map(({ name, seed }) => [name, seed])).toEqual([
      ["leecher-1", "example/leecher-1"],
      ["leecher-2", "example/leecher-2"],
    ]);
  });

  it("is the same for the same seed, and keeps the links of those there when more come", () => {
    expect(plan("example", 20)).toEqual(plan("example", 20));
    expect(plan("example", 20).leechers.slice(0, 5)).toEqual(plan("example", 5).leechers);
    expect(plan("another", 20).leechers.map(({ link }) => link.text)).not.toEqual(
      plan("example", 20).leechers.map(({ link }) => link.text),
    );
  });
});
