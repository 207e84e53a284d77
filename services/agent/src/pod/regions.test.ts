import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CITY_REGIONS } from "@swarmlab/scenario/city-regions";
import { createLogger } from "@swarmlab/telemetry/logger";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { NodeContainer } from "../docker/node-container.js";
import { type DeclaredElsewhere, Swarm } from "../nodes/swarm.js";
import { FakeKubernetes } from "../testing/fake-kubernetes.js";
import { KubernetesApi } from "./kubernetes-api.js";
import { podScope } from "./pod-scope.js";

let directory: string;
let kubernetes: FakeKubernetes;
let stop: AbortController;
let running: Promise<void> | undefined;
let seen: (readonly DeclaredElsewhere[])[];
let known: string[];
const patiently = { timeout: 5_000 };
const logger = createLogger({ name: "test", level: "info", format: "lines", write: () => undefined });

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "swarmlab-agent-regions-"));
  kubernetes = await FakeKubernetes.listen();
  stop = new AbortController();
  seen = [];
  known = [];
});
afterEach(async () => {
  stop.abort();
  await running;
  await kubernetes.close();
  await rm(directory, { recursive: true, force: true });
});

async function start() {
  const annotations = join(directory, "annotations");
  await writeFile(annotations, 'swarmlab.io/link="dsl"\nswarmlab.io/region="tokyo"');
  const echoServer = { host: "core", port: 9201 };
  const pod = { node: "leecher-0", address: "10.0.0.2", annotations, echoServer, unshapedPorts: [] };
  const api = await kubernetes.api(directory);
  const source = podScope({ pod, api, readEveryMs: 5, logger }).source({
    onNode: ({ name }) => known.push(name),
    onGone: () => undefined,
    onListed: () => undefined,
    onElsewhere: (others) => seen.push(others),
    onCaughtUp: () => known.push("all"),
  });
  running = source.run(stop.signal);
  return source;
}

describe("the other pods", () => {
  it("are listed with their regions, and followed", async () => {
    kubernetes.set("leecher-0", "tokyo", "10.0.0.2");
    kubernetes.set("leecher-1", "frankfurt", "10.0.0.3");
    kubernetes.set("leecher-2", "", undefined);
    const source = await start();
    await vi.waitFor(() => expect(known).toEqual(["leecher-0", "all"]));
    expect(seen).toEqual([[{ name: "leecher-1", region: "frankfurt", swarmAddresses: ["10.0.0.3"] }]]);
    expect(source.trouble).toBeUndefined();
    await vi.waitFor(() => expect(kubernetes.watches).toBe(1));
    kubernetes.set("leecher-2", "tokyo", "10.0.0.4");
    await vi.waitFor(() => expect(seen.at(-1)).toHaveLength(2));
    kubernetes.bookmark();
    kubernetes.delete("leecher-1");
    await vi.waitFor(() => expect(seen.at(-1)).toMatchObject([{ name: "leecher-2" }]));
    const [list, watch] = kubernetes.requests;
    expect(list).toMatch(
      /^\/api\/v1\/namespaces\/lab\/pods\?labelSelector=.*&resourceVersion=0 Bearer secret$/,
    );
    expect(watch).toContain("&resourceVersion=10&watch=true&allowWatchBookmarks=true");
  });

  it("are followed from the last event or bookmark on when a watch ends or breaks", async () => {
    await start();
    await vi.waitFor(() => expect(kubernetes.watches).toBe(1));
    kubernetes.set("leecher-1", "frankfurt", "10.0.0.3");
    kubernetes.endWatches();
    await vi.waitFor(() => expect(kubernetes.requests).toHaveLength(3), patiently);
    expect(kubernetes.requests[2]).toContain("&resourceVersion=8&watch=true");
    await vi.waitFor(() => expect(kubernetes.watches).toBe(1));
    kubernetes.bookmark();
    kubernetes.set("leecher-2", "frankfurt", "10.0.0.4");
    kubernetes.delete("leecher-2");
    kubernetes.bookmark();
    await vi.waitFor(() => expect(seen).toHaveLength(4));
    kubernetes.breakWatches();
    await vi.waitFor(() => expect(kubernetes.requests).toHaveLength(4), patiently);
    expect(kubernetes.requests[3]).toContain("&resourceVersion=12&watch=true");
    expect(seen.at(-1)).toMatchObject([{ name: "leecher-1" }]);
  });

  it("are known, and that is told, while the API is away after a watch has broken", async () => {
    const source = await start();
    await vi.waitFor(() => expect(kubernetes.watches).toBe(1));
    kubernetes.status = 503;
    kubernetes.endWatches();
    await vi.waitFor(() => expect(source.trouble).toContain("answers 503"), patiently);
    kubernetes.status = 200;
    await vi.waitFor(() => expect(source.trouble).toBeUndefined(), patiently);
    expect(kubernetes.requests.filter((request) => !request.includes("watch=true"))).toHaveLength(1);
  });

  it.each([
    ["as an answer", () => kubernetes.endWatches()],
    [
      "as an event",
      () => kubernetes.send({ type: "ERROR", object: { code: 410, message: "too old resource version" } }),
    ],
    ["as what cannot be read", () => kubernetes.send({ type: "MODIFIED", object: {} })],
  ])("are listed anew when the version that is known is too old, told %s", async (_, tell) => {
    await start();
    await vi.waitFor(() => expect(kubernetes.watches).toBe(1));
    kubernetes.pods.clear();
    kubernetes.version = 20;
    kubernetes.oldestVersion = 15;
    tell();
    await vi.waitFor(
      () => expect(kubernetes.requests.at(-1)).toContain("&resourceVersion=20&watch"),
      patiently,
    );
    expect(kubernetes.requests.at(-2)).toContain("&resourceVersion=0 ");
  });

  it("are too many when the list would not fit into the agent's memory", async () => {
    kubernetes.set("leecher-1", "x".repeat(12 * 1024 * 1024), "10.0.0.3");
    const source = await start();
    await vi.waitFor(() => expect(source.trouble).toContain("is longer than"), patiently);
    expect(known).not.toContain("all");
  });

  it("are waited for while the API refuses, and that is told", async () => {
    kubernetes.status = 403;
    const source = await start();
    await vi.waitFor(() => expect(source.trouble).toContain("the Kubernetes API answers 403"));
    expect(known).not.toContain("all");
    kubernetes.status = 200;
    await vi.waitFor(() => expect(known).toContain("all"), patiently);
    expect(source.trouble).toBeUndefined();
  });

  it("need a service account", () => {
    expect(() => KubernetesApi.ofPod({})).toThrow("this is no pod");
  });
});

describe("a way to a pod elsewhere", () => {
  it("is as long as between their regions", () => {
    const swarm = new Swarm({
      backend: "netem",
      regions: CITY_REGIONS,
      seed: "example",
      declaringPlaces: { link: "", region: "" },
      nowMs: () => 0,
    });
    const container: NodeContainer = {
      id: "leecher-0",
      name: "leecher-0",
      shortName: "leecher-0",
      pid: 1,
      startedAt: "",
      swarmAddresses: ["10.0.0.2"],
      addresses: ["10.0.0.2"],
      link: "dsl",
      region: "tokyo",
    };
    const node = swarm.add(container);
    swarm.elsewhere = [
      { name: "leecher-1", region: "frankfurt", swarmAddresses: ["10.0.0.3"] },
      { name: "leecher-2", region: "", swarmAddresses: ["10.0.0.4"] },
      { name: "leecher-3", region: "atlantis", swarmAddresses: ["10.0.0.5"] },
    ];
    expect(swarm.planFor(node).routes).toEqual([
      { delayMs: CITY_REGIONS.rttMs("tokyo", "frankfurt") / 2, destinations: ["10.0.0.3"] },
    ]);
  });
});
