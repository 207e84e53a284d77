import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { nodeFlags } from "./node-flags.js";

/** Lets much survive for a while, which is what makes V8 widen the young generation, and tells how wide it became. */
const restless = `
  const kept = [];
  for (let turn = 0; turn < 3e6; turn++) {
    kept.push({ turn });
    if (kept.length === 2e5) kept.length = 0;
  }
  const spaces = require("node:v8").getHeapSpaceStatistics();
  console.log(spaces.find((space) => space.space_name === "new_space").space_size);
`;

describe("the flags of Node for every node", () => {
  it("keep the young generation small", () => {
    const youngBytes = (flags: readonly string[]) =>
      Number(execFileSync(process.execPath, [...flags, "--eval", restless], { encoding: "utf8" }));
    expect(youngBytes(nodeFlags)).toBeLessThanOrEqual(4 * 2 ** 20);
    expect(youngBytes([])).toBeGreaterThan(4 * 2 ** 20);
  });

  it("are those of the peer's image", () => {
    const dockerfile = readFileSync(new URL("../../../../docker/Dockerfile", import.meta.url), "utf8");
    const command = ["node", ...nodeFlags, "services/peer/dist/main.js"];
    expect(dockerfile).toContain(`ENTRYPOINT ${JSON.stringify(command).replaceAll(",", ", ")}`);
  });
});
