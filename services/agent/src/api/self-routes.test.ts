import { selfLinkSchema, selfPaths } from "@swarmlab/agent-api/self-link";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Agent } from "../agent.js";
import { Workshop } from "../testing/workshop.js";

let workshop: Workshop;
let agent: Agent;
/** Where the only node is. */
const address = "127.0.0.2";

beforeEach(async () => {
  workshop = await Workshop.open();
});
afterEach(() => workshop.close());

const askSelf = (waitSeconds: number, after?: number, from = address) =>
  workshop.ask(agent, "GET", selfPaths.link(waitSeconds, after), undefined, from);
const selfLink = async (after?: number) => selfLinkSchema.parse((await askSelf(5, after)).body);
const report = (revision: number, rttMs: number[]) =>
  workshop.ask(agent, "POST", selfPaths.measurement, { revision, rttMs }, address);
const withoutKernel = { canShape: false, canDrop: false, explanation: "Linux 1.0 lacks netem." };

describe("a node that asks for its link", () => {
  it("is known by its address, and told once the link is in place and measured", async () => {
    workshop.host.applyMs = 50;
    agent = await workshop.agent();
    workshop.node("lab-leecher-1", "dsl", "tokyo");
    const link = await selfLink();
    expect(link).toMatchObject({ node: "lab-leecher-1", region: "tokyo", link: "dsl", backend: "netem" });
    expect(link.echo).toEqual({ host: "127.0.0.1", port: Number(agent.echo.split(":")[1]) });
    expect(await workshop.links(agent)).toMatchObject([{ state: "certified", revision: link.revision }]);
  });

  it("is told why the link cannot be put into place, and of the link once it is", async () => {
    workshop.host.refused.add("lab-leecher-1");
    agent = await workshop.agent();
    workshop.node("lab-leecher-1", "dsl");
    await workshop.links(agent, ([node]) => node?.state === "failed");
    const refused = { status: 409, body: { error: { code: "LINK_FAILED", message: expect.any(String) } } };
    expect(await askSelf(30)).toMatchObject(refused);
    workshop.host.refused.clear();
    await workshop.links(agent, ([node]) => node?.state === "certified");
    expect((await askSelf(30)).status).toBe(200);
  });

  it("waits while the link is not in place, and is told that there is none yet", async () => {
    workshop.host.applyMs = 300;
    agent = await workshop.agent();
    workshop.node("lab-leecher-1", "dsl");
    await workshop.links(agent, (list) => list.length === 1);
    expect((await askSelf(0.05)).status).toBe(204);
    expect((await askSelf(30)).status).toBe(200);
  });

  it("is told of its link although it is off, rather than never", async () => {
    workshop.host.extraRttMs.set("lab-leecher-1", 50);
    agent = await workshop.agent();
    workshop.node("lab-leecher-1", "dsl");
    await selfLink();
    expect(await workshop.links(agent)).toMatchObject([{ state: "off" }]);
  });

  it("is told of a change as soon as it is in place", async () => {
    agent = await workshop.agent();
    workshop.node("lab-leecher-1", "dsl");
    const first = await selfLink();
    expect((await askSelf(0.05, first.revision)).status).toBe(204);
    const waiting = selfLink(first.revision);
    await workshop.ask(agent, "PATCH", "/api/links/lab-leecher-1", { link: "fiber" });
    const second = await waiting;
    expect(second.link).toBe("fiber");
    expect(second.revision).toBeGreaterThan(first.revision);
    // Of a former run of the agent, whatever it was.
    expect((await askSelf(30, second.revision + 1000)).status).toBe(200);
  });

  it("is not told before the ways of all others to it are in place", async () => {
    agent = await workshop.agent();
    workshop.node("lab-leecher-1", "dsl", "tokyo");
    await selfLink();
    workshop.host.applyMs = 100;
    workshop.node("lab-leecher-2", "dsl", "sydney");
    expect((await askSelf(5, undefined, "127.0.0.3")).status).toBe(200);
    const routes = [...workshop.host.plans.values()].map((plan) =>
      plan.routes.map((route) => route.destinations),
    );
    expect(routes).toEqual([[["127.0.0.3"]], [["127.0.0.2"]]]);
  });

  it("is refused when no node has its address", async () => {
    agent = await workshop.agent();
    expect(await askSelf(0.05, undefined, "127.0.0.99")).toMatchObject({
      status: 404,
      body: { error: { code: "UNKNOWN_NODE", message: expect.stringContaining("127.0.0.99") } },
    });
    expect(await workshop.ask(agent, "GET", "/api/self/link?wait=x")).toMatchObject({ status: 400 });
  });

  it("is answered at once when the agent ends", async () => {
    agent = await workshop.agent();
    workshop.node("lab-leecher-1", "dsl");
    const { revision } = await selfLink();
    const waiting = askSelf(30, revision);
    // Connections are accepted in their order: when this one has its answer, the other is waiting.
    await workshop.links(agent);
    const startMs = performance.now();
    await workshop.end(agent);
    expect((await waiting).status).toBe(204);
    expect(performance.now() - startMs).toBeLessThan(1500);
  });
});

describe("a node that makes its link itself", () => {
  beforeEach(async () => {
    workshop.host.can = withoutKernel;
    agent = await workshop.agent();
    workshop.node("lab-leecher-1", "dsl");
    await workshop.links(agent, (list) => list.length === 1);
  });

  it("is uncertain until it has asked, and certified by what it measures", async () => {
    expect(await workshop.links(agent)).toMatchObject([
      { state: "pending", problem: expect.stringContaining("has not asked for it yet") },
    ]);
    const { revision, backend } = await selfLink();
    expect(backend).toBe("userspace");
    expect(await workshop.links(agent)).toMatchObject([{ state: "in-place", problem: null }]);
    expect(await report(revision, [50.2, 51, 49.9])).toMatchObject({
      status: 200,
      body: { measureAgain: false },
    });
    expect(await workshop.links(agent)).toMatchObject([
      { state: "certified", certificate: { revision, rtt: { measuredMs: 50.2, samples: 3 } }, queues: null },
    ]);
    expect(workshop.host.pings).toBe(0);
  });

  it("measures a few times more before it joins when it is not what was declared, and is off then", async () => {
    const { revision } = await selfLink();
    for (let reports = 1; reports < 6; reports++) {
      expect(await report(revision, [90, 91])).toMatchObject({ body: { measureAgain: true } });
    }
    expect(await workshop.links(agent)).toMatchObject([{ state: "in-place" }]);
    expect(await report(revision, [80, 81])).toMatchObject({ body: { measureAgain: false } });
    expect(await workshop.links(agent)).toMatchObject([
      { state: "off", problem: "the round trip takes 80.5 ms instead of 50 ms" },
    ]);
  });

  it("is certified by a later measurement when the host was busy at the first", async () => {
    const { revision } = await selfLink();
    await report(revision, [80, 81]);
    expect(await report(revision, [50])).toMatchObject({ body: { measureAgain: false } });
    expect(await workshop.links(agent)).toMatchObject([{ state: "certified" }]);
  });

  it("is not certified by its round trips when a part of its link is not emulated, and that is told", async () => {
    const { revision } = await selfLink();
    await report(revision, [50]);
    await workshop.ask(agent, "PATCH", "/api/links/lab-leecher-1", { link: "dsl,loss=1%,reorder=2%" });
    const lossy = await selfLink(revision);
    expect(await report(lossy.revision, [50])).toMatchObject({ body: { measureAgain: false } });
    const problem =
      "the link is not as declared: loss applies to datagrams only: the emulated TCP streams lose nothing; " +
      "reorder is not emulated";
    expect(await workshop.links(agent)).toMatchObject([
      { state: "in-place", problem, certificate: { isWithinTolerance: true } },
    ]);
    expect(workshop.log.join("\n")).toContain(`link not certified: ${problem}`);
    const page = String((await workshop.ask(agent, "GET", "/metrics")).body);
    expect(page).not.toContain("swarmlab_link_certified{");
  });

  it("proves nothing by a long round trip when it is in a swarm already", async () => {
    const first = await selfLink();
    await report(first.revision, [50]);
    await workshop.ask(agent, "PATCH", "/api/links/lab-leecher-1", { link: "fiber" });
    const second = await selfLink(first.revision);
    expect(second).toMatchObject({ link: "fiber", backend: "userspace" });
    await report(second.revision, [30]);
    expect(await workshop.links(agent)).toMatchObject([
      { state: "in-place", problem: expect.stringContaining("other traffic") },
    ]);
  });

  it("cannot report on another revision than the present one", async () => {
    const { revision } = await selfLink();
    expect(await report(revision - 1, [50])).toMatchObject({
      status: 409,
      body: { error: { code: "OTHER_REVISION" } },
    });
    expect(await report(revision, [])).toMatchObject({ status: 400 });
  });

  it("measures when it is asked to, and cannot be measured from outside", async () => {
    const { revision } = await selfLink();
    await report(revision, [50]);
    const asked = workshop.ask(agent, "POST", "/api/links/lab-leecher-1/measurement");
    const again = await selfLink(revision);
    await report(again.revision, [50.5]);
    expect(await asked).toMatchObject({ status: 200, body: { certificate: { rtt: { measuredMs: 50.5 } } } });
    expect(await workshop.ask(agent, "POST", "/api/links/lab-leecher-1/measurement?rate=true")).toMatchObject(
      { status: 409, body: { error: { code: "NOT_OURS" } } },
    );
  });

  it("is told by the kernel's own link that it has nothing to report", async () => {
    workshop.node("lab-leecher-2", "none");
    const { body } = await askSelf(5, undefined, "127.0.0.3");
    const { revision, backend } = selfLinkSchema.parse(body);
    expect(backend).toBe("none");
    const answer = await workshop.ask(
      agent,
      "POST",
      selfPaths.measurement,
      { revision, rttMs: [1] },
      "127.0.0.3",
    );
    expect(answer).toMatchObject({ status: 409, body: { error: { code: "NOT_YOURS" } } });
  });
});
