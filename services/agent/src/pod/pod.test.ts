import { mkdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { selfLinkSchema } from "@swarmlab/agent-api/self-link";
import { parseLink } from "@swarmlab/scenario/link";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Agent } from "../agent.js";
import { Workshop } from "../testing/workshop.js";

let workshop: Workshop;
let versions = 0;

beforeEach(async () => {
  workshop = await Workshop.open();
  workshop.timings = { ...workshop.timings, readAnnotationsEveryMs: 5 };
});
afterEach(() => workshop.close());

const annotationsFile = () => join(workshop.directory, "podinfo", "annotations");

/** As the kubelet does: files in a new folder, and the link `..data` to it swapped at once. */
async function annotate(text: string): Promise<void> {
  const folder = join(workshop.directory, "podinfo");
  versions += 1;
  await mkdir(join(folder, `..${versions}`), { recursive: true });
  await writeFile(join(folder, `..${versions}`, "annotations"), text);
  await symlink(`..${versions}`, join(folder, "..new"));
  await rename(join(folder, "..new"), join(folder, "..data"));
  await symlink(join("..data", "annotations"), annotationsFile()).catch(() => undefined);
}

function podAgent(...args: string[]): Promise<Agent> {
  const pod = ["--scope", "pod", "--node", "leecher-3", "--address", "127.0.0.9"];
  const outside = ["--echo-server", "core:9201", "--unshaped-ports", "53", "--unshaped-ports", "9200"];
  return workshop.agent(...pod, "--annotations", annotationsFile(), ...outside, ...args);
}

async function selfLink(agent: Agent, query: string, from?: string) {
  const { status, body } = await workshop.ask(agent, "GET", `/api/self/link?${query}`, undefined, from);
  expect(status).toBe(200);
  return selfLinkSchema.parse(body);
}

describe("an agent in a pod", () => {
  it("keeps the link that the pod's annotation declares, and certifies it", async () => {
    await annotate('swarmlab.io/link="dsl"\nswarmlab.io/region=""');
    const agent = await podAgent();
    const nodes = await workshop.links(agent, ([node]) => node?.state === "certified");
    expect(nodes).toMatchObject([
      { node: "leecher-3", address: "127.0.0.9", link: "dsl", origin: "declared", region: null },
    ]);
    expect([...workshop.host.plans.values()]).toMatchObject([{ link: parseLink("dsl") }]);
    expect((await workshop.ask(agent, "GET", "/healthz")).body).toMatchObject({ checks: { pod: "ok" } });
  });

  it("tells the pod of its link, from loopback and from the pod's own address, and nobody else", async () => {
    await annotate('swarmlab.io/link="dsl"');
    const agent = await podAgent();
    const expected = { node: "leecher-3", link: "dsl", echo: { host: "core", port: 9201 } };
    expect(await selfLink(agent, "wait=5")).toMatchObject(expected);
    expect(await selfLink(agent, "wait=5", "127.0.0.9")).toMatchObject(expected);
    const stranger = await workshop.ask(agent, "GET", "/api/self/link?wait=0", undefined, "127.0.0.10");
    expect(stranger.status).toBe(404);
  });

  it("follows the annotation while the pod runs, and nobody else", async () => {
    await annotate('swarmlab.io/link="dsl"');
    const agent = await podAgent();
    const { revision } = await selfLink(agent, "wait=5");
    for (const [method, change] of [["PATCH", { link: "none" }], ["DELETE"]] as const) {
      expect(await workshop.ask(agent, method, "/api/links/leecher-3", change)).toMatchObject({
        status: 409,
        body: { error: { code: "CHANGED_ELSEWHERE", message: expect.stringContaining("kubectl annotate") } },
      });
    }
    await annotate('swarmlab.io/link="delay=40ms"');
    const [node] = await workshop.links(
      agent,
      ([first]) => first?.state === "certified" && first.link !== "dsl",
    );
    expect(node).toMatchObject({
      link: "delay=40ms",
      origin: "declared",
      certificate: { rtt: { declaredMs: 80 } },
    });
    const news = await selfLink(agent, `wait=5&after=${revision}`);
    expect(news.link).toBe("delay=40ms");
    expect(news.revision).toBeGreaterThan(revision);
  });

  it("lets the pod wait until its link is what was declared", async () => {
    workshop.host.extraRttMs.set("leecher-3", Number.POSITIVE_INFINITY);
    await annotate('swarmlab.io/link="dsl"');
    const agent = await podAgent();
    const isTold = async () =>
      (await workshop.ask(agent, "GET", "/api/self/link?wait=0", undefined, "127.0.0.9")).status === 200;
    const attempts = (count: number) =>
      workshop.until(() => (workshop.host.pings >= count ? true : undefined));
    await attempts(6);
    expect(await isTold()).toBe(false);
    workshop.host.extraRttMs.set("leecher-3", 30);
    await attempts(workshop.host.pings + 6);
    expect(await isTold()).toBe(false);
    workshop.host.extraRttMs.clear();
    await workshop.until(async () => ((await isTold()) ? true : undefined));
  });

  it("leaves the link in place when it ends", async () => {
    await annotate('swarmlab.io/link="dsl"');
    const agent = await podAgent();
    await workshop.links(agent, ([node]) => node?.state === "certified");
    await workshop.end(agent);
    expect(workshop.host.plans.size).toBe(1);
  });

  it("says what is wrong with an annotation, and goes on when it is mended", async () => {
    await annotate('swarmlab.io/link="glass"');
    const agent = await podAgent();
    const [node] = await workshop.links(agent, ([first]) => first?.state === "failed");
    expect(node?.problem).toContain('annotation swarmlab.io/link: "glass" is no link');
    await annotate('swarmlab.io/link="lan"');
    await workshop.links(agent, ([first]) => first?.state === "certified");
  });

  it("keeps the link while its annotations cannot be read, and is not healthy", async () => {
    await annotate('swarmlab.io/link="dsl"');
    const agent = await podAgent();
    await workshop.links(agent, ([node]) => node?.state === "certified");
    await rm(annotationsFile());
    const health = await workshop.until(async () => {
      const answer = await workshop.ask(agent, "GET", "/healthz");
      return answer.status === 503 ? answer.body : undefined;
    });
    expect(health).toMatchObject({ checks: { pod: expect.stringContaining("ENOENT") } });
    expect(await workshop.links(agent)).toMatchObject([{ link: "dsl", state: "certified" }]);
  });

  it("has its nodes emulate their links where the kernel cannot", async () => {
    workshop.host.can = { canShape: false, canDrop: false, explanation: "Linux 1.0 lacks netem." };
    await annotate('swarmlab.io/link="delay=10ms"');
    const agent = await podAgent();
    const { backend, revision } = await selfLink(agent, "wait=5");
    expect(backend).toBe("userspace");
    const report = { revision, rttMs: Array<number>(10).fill(20) };
    expect((await workshop.ask(agent, "POST", "/api/self/measurement", report)).status).toBe(200);
    await workshop.links(agent, ([node]) => node?.state === "certified");
  });

  it("divides nobody, for it knows no other nodes", async () => {
    await annotate('swarmlab.io/link="dsl"');
    const agent = await podAgent();
    const groups = [["leecher-3"], ["leecher-4"]];
    expect(await workshop.ask(agent, "PUT", "/api/partition", { groups })).toMatchObject({
      status: 409,
      body: { error: { code: "CANNOT_PARTITION", message: expect.stringContaining("NetworkPolicy") } },
    });
  });

  it("is refused without what it has to know of the pod", async () => {
    await expect(workshop.agent("--scope", "pod")).rejects.toMatchObject({
      code: "MISSING_SETTING",
      message: "--scope pod needs --node",
    });
  });
});
