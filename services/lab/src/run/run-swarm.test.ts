import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeContent } from "@swarmlab/engine/storage/make-content";
import { parseLinkMix } from "@swarmlab/scenario/link-mix";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { silentView } from "../progress/progress-view.js";
import { processRunner } from "../runner/process-runner.js";
import type { Runner, RunningNode } from "../runner/runner.js";
import { planRun } from "./run-plan.js";
import { runSwarm, type SwarmRunOptions } from "./run-swarm.js";
import { Swarm, type SwarmOptions } from "./swarm.js";

describe("runSwarm", () => {
  const sizeBytes = 3 * 2 ** 20 + 5;
  let folder: string;
  let nodes: RunningNode[];
  let swarm: Swarm | undefined;

  beforeEach(async () => {
    nodes = [];
    folder = await mkdtemp(join(tmpdir(), "swarmlab-run-test-"));
    await makeContent(join(folder, "content.bin"), sizeBytes, "example", new AbortController().signal);
  });
  afterEach(async () => {
    await swarm?.stop();
    await rm(folder, { recursive: true });
  });

  /** Processes, remembered in the order of their start. */
  const runner: Runner = {
    start: (spec, onLine) => {
      const node = processRunner.start(spec, onLine);
      nodes.push(node);
      return node;
    },
  };

  const run = (linkText: string, options: Partial<SwarmOptions & SwarmRunOptions> = {}) => {
    const { signal } = new AbortController();
    swarm = new Swarm({ runner, timeoutMs: 15_000, signal, ...options });
    const links = parseLinkMix(linkText);
    return runSwarm(swarm, {
      plan: planRun({ seed: "example", leecherCount: 2, links, seederLinks: links }),
      contentPath: join(folder, "content.bin"),
      folder,
      trackerIntervalMs: 2000,
      view: silentView,
      ...options,
    });
  };

  it("gives every leecher the content, and measures the swarm", async () => {
    const { measurement, copies } = await run("up=40mbit,down=200mbit");
    const content = await readFile(join(folder, "content.bin"));
    expect(copies.map(({ name }) => name)).toEqual(["leecher-1", "leecher-2"]);
    for (const { path } of copies) expect(content.equals(await readFile(path))).toBe(true);

    expect(measurement).toMatchObject({ name: "content.bin", totalBytes: sizeBytes });
    const [seeder, ...leechers] = measurement.peers;
    expect(seeder).toMatchObject({
      name: "seeder",
      role: "seeder",
      backend: "userspace",
      downloadedBytes: 0,
    });
    expect(seeder?.completeSeconds).toBeUndefined();
    for (const leecher of leechers) {
      expect(leecher.completeSeconds).toBeGreaterThan(0);
      expect(leecher.downloadedBytes).toBeGreaterThanOrEqual(sizeBytes);
    }
    const uploadedBytes = measurement.peers.reduce((sum, peer) => sum + peer.uploadedBytes, 0);
    expect(uploadedBytes).toBeGreaterThanOrEqual(2 * sizeBytes);

    await Promise.all(nodes.map(({ exited }) => exited));
  });

  it("names the node that ends too early, and shows what it logged", async () => {
    const failure = expect(
      run("up=100kbit", {
        view: { ...silentView, update: (name) => name === "leecher-2" && nodes.at(-1)?.kill() },
      }),
    ).rejects;
    await failure.toMatchObject({
      code: "NODE_FAILED",
      message: expect.stringMatching(
        /^leecher-2 ended with SIGKILL before the run was over\n {2}leecher-2\| /,
      ),
    });
  });

  it("tells why a node would not start", async () => {
    const failure = expect(run("none", { trackerIntervalMs: 1 })).rejects;
    await failure.toMatchObject({
      code: "NODE_FAILED",
      message: expect.stringMatching(/^tracker ended with exit code 2 [\s\S]*--interval/),
    });
  });

  it("gives up when time runs out, and names those that are waited for", async () => {
    await expect(run("none", { timeoutMs: 1 })).rejects.toMatchObject({
      code: "TIMEOUT",
      message: 'gave up after 0.001 s\ntracker: no "ready" so far',
    });
  });

  it("stops with the reason that it is given", async () => {
    const controller = new AbortController();
    const begin = () => controller.abort("example");
    await expect(
      run("up=100kbit", { signal: controller.signal, view: { ...silentView, begin } }),
    ).rejects.toBe("example");
    await swarm?.stop();
    await Promise.all(nodes.map(({ exited }) => exited));
  });
});
