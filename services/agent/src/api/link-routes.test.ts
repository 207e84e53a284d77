import { nodeLinkSchema } from "@swarmlab/agent-api/node-link";
import { parseLink } from "@swarmlab/scenario/link";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Agent } from "../agent.js";
import { swarmNetwork, Workshop } from "../testing/workshop.js";

let workshop: Workshop;
let agent: Agent;

beforeEach(async () => {
  workshop = await Workshop.open();
});
afterEach(() => workshop.close());

/** An agent with one certified node. */
async function start(link = "dsl", ...args: string[]): Promise<void> {
  workshop.node("lab-leecher-1", link);
  agent = await workshop.agent(...args);
  await workshop.links(agent, ([node]) => node?.state === "certified");
}

const path = "/api/links/lab-leecher-1";
const patch = (link: unknown) => workshop.ask(agent, "PATCH", path, { link });
const linkInForce = () => [...workshop.host.plans.values()][0]?.link;

describe("PATCH of a link", () => {
  it("changes what it names, keeps the rest, and answers when the link is in place", async () => {
    await start();
    const before = nodeLinkSchema.parse((await workshop.ask(agent, "GET", path)).body);
    const { status, body } = await patch("delay=40ms,up=2mbit");
    expect(status).toBe(200);
    const expected = parseLink("dsl,delay=40ms,up=2mbit");
    expect(linkInForce()).toEqual(expected);
    const changed = nodeLinkSchema.parse(body);
    expect(parseLink(changed.link)).toEqual(expected);
    expect(changed.origin).toBe("changed");
    expect(changed.revision).toBeGreaterThan(before.revision);
    const [measured] = await workshop.links(agent, ([node]) => node?.state === "certified");
    expect(measured?.certificate).toMatchObject({ revision: changed.revision, rtt: { declaredMs: 80 } });
  });

  it("replaces all of it by a profile, and lifts a rate by saying so", async () => {
    await start("up=1mbit,delay=40ms");
    expect((await patch("up=unlimited")).body).toMatchObject({ link: "delay=40ms" });
    expect((await patch("fiber")).body).toMatchObject({ link: "fiber" });
    expect(linkInForce()).toEqual(parseLink("fiber"));
    expect((await patch("none")).body).toMatchObject({ link: "none", backend: "none", queues: null });
  });

  it("is taken back by DELETE", async () => {
    await start();
    await patch("fiber");
    const { status, body } = await workshop.ask(agent, "DELETE", path);
    expect(status).toBe(200);
    expect(body).toMatchObject({ link: "dsl", origin: "declared" });
    expect(linkInForce()).toEqual(parseLink("dsl"));
  });

  it.each([
    ["glass", "BAD_LINK", '"glass" is no link'],
    ["delay=4", "BAD_LINK", "delay=4: give a time"],
    ["jitter=90ms", "BAD_LINK", "is more than the delay"],
    ["up=1mbit,up=2mbit", "BAD_LINK", "up is set twice"],
    ["", "BAD_CHANGE", "Too small"],
    [7, "BAD_CHANGE", "expected string"],
  ])("refuses %j and leaves the link as it was", async (link, code, message) => {
    await start();
    const changes = workshop.host.changes.length;
    expect(await patch(link)).toMatchObject({
      status: 400,
      body: { error: { code, message: expect.stringContaining(message) } },
    });
    expect((await workshop.ask(agent, "GET", path)).body).toMatchObject({ link: "dsl", origin: "declared" });
    expect(workshop.host.changes).toHaveLength(changes);
  });

  it("says when the kernel refuses the link, and goes on trying", async () => {
    await start();
    workshop.host.refused.add("lab-leecher-1");
    expect(await patch("fiber")).toMatchObject({
      status: 500,
      body: { error: { code: "LINK_FAILED", message: "the kernel refuses" } },
    });
    workshop.host.refused.clear();
    await workshop.links(agent, ([node]) => node?.state === "certified" && node.link === "fiber");
  });

  it("ends with the last of several at once", async () => {
    workshop.host.applyMs = 10;
    await start();
    await Promise.all(["delay=30ms", "delay=31ms", "delay=32ms"].map(patch));
    expect(linkInForce()).toEqual(parseLink("dsl,delay=32ms"));
  });
});

describe("a node of the swarm", () => {
  it.each([
    ["PATCH", path, { link: "fiber" }],
    ["DELETE", path, undefined],
    ["POST", `${path}/measurement`, undefined],
  ])("may not %s links, from any of its addresses", async (method, asked, change) => {
    const labels = { "swarmlab.link": "lan" };
    workshop.docker.run("lab-leecher-2", labels, { [swarmNetwork]: "127.0.0.50", elsewhere: "127.0.1.50" });
    agent = await workshop.agent();
    await workshop.links(agent, ([node]) => node?.state === "certified");
    for (const address of ["127.0.0.50", "127.0.1.50"]) {
      expect(await workshop.ask(agent, method, asked, change, address)).toMatchObject({
        status: 403,
        body: { error: { code: "NODES_MAY_NOT", message: expect.stringContaining("lab-leecher-2") } },
      });
    }
    expect((await workshop.ask(agent, "GET", "/api/links", undefined, "127.0.0.50")).status).toBe(200);
  });
});

describe("the node in a path", () => {
  it("is refused when no such node runs, or several may be meant", async () => {
    for (const [project, address] of [
      ["lab", "127.0.0.50"],
      ["other", "127.0.0.51"],
    ] as const) {
      const labels = { "swarmlab.link": "none", "com.docker.compose.project": project };
      workshop.docker.run(`${project}-leecher-1`, labels, { [swarmNetwork]: address });
    }
    agent = await workshop.agent();
    await workshop.links(agent, (list) => list.length === 2);
    expect(await workshop.ask(agent, "GET", "/api/links/leecher-1")).toMatchObject({
      status: 409,
      body: { error: { code: "AMBIGUOUS_NODE" } },
    });
    expect(await workshop.ask(agent, "GET", "/api/links/leecher-2")).toMatchObject({
      status: 404,
      body: { error: { code: "UNKNOWN_NODE" } },
    });
    expect((await workshop.ask(agent, "GET", "/api/links/other-leecher-1")).status).toBe(200);
  });
});

describe("POST of a measurement", () => {
  const measure = (query = "") => workshop.ask(agent, "POST", `${path}/measurement${query}`);

  it("measures the round trip anew, and the rates when they are asked for", async () => {
    await start();
    const rateless = nodeLinkSchema.parse((await measure()).body);
    expect(rateless.certificate).toMatchObject({ rtt: { measuredMs: 50 }, up: null, down: null });
    const rated = nodeLinkSchema.parse((await measure("?rate=true")).body);
    expect(rated.certificate).toMatchObject({
      up: { declaredBitsPerSecond: 384_000, measuredBitsPerSecond: 384_000, isWithinTolerance: true },
      down: { measuredBitsPerSecond: 1_500_000 },
      isWithinTolerance: true,
    });
    // They stay with the link.
    expect(nodeLinkSchema.parse((await measure()).body).certificate?.up).toEqual(rated.certificate?.up);
  });

  it("finds a link off whose rate is not what was declared", async () => {
    await start();
    workshop.host.rateFactors = [1.2];
    expect((await measure("?rate=true")).body).toMatchObject({
      state: "off",
      problem: "the rate up is 460.8 kbit/s instead of 384, the rate down is 1800 kbit/s instead of 1500",
    });
  });

  it("looks again where a rate is not what was declared: who measured may have been kept from it", async () => {
    await start();
    workshop.host.rateFactors = [1.2, 0.9, 1];
    expect(nodeLinkSchema.parse((await measure("?rate=true")).body).certificate).toMatchObject({
      up: { measuredBitsPerSecond: 384_000 },
      isWithinTolerance: true,
    });
  });

  it("finds a link off whose round trip is not what was declared, until it is", async () => {
    await start();
    workshop.host.extraRttMs.set("lab-leecher-1", 20);
    expect((await measure()).body).toMatchObject({
      state: "off",
      problem: "the round trip takes 70 ms instead of 50 ms",
      certificate: { isWithinTolerance: false, isConclusive: true },
    });
    workshop.host.extraRttMs.clear();
    expect((await measure()).body).toMatchObject({ state: "certified", problem: null });
  });

  it("proves nothing against a link that carries other traffic", async () => {
    await start();
    workshop.host.extraRttMs.set("lab-leecher-1", 300);
    workshop.host.otherTrafficBytes.set("lab-leecher-1", 100_000);
    expect((await measure()).body).toMatchObject({
      state: "certified",
      problem: expect.stringContaining("measured beside other traffic"),
      certificate: { isWithinTolerance: false, isConclusive: false, rtt: { measuredMs: 350 } },
    });
    // What was measured when it was idle stays.
    expect((await workshop.ask(agent, "GET", path)).body).toMatchObject({
      state: "certified",
      certificate: { rtt: { measuredMs: 50 } },
    });
  });

  it("says when nothing comes back", async () => {
    await start();
    workshop.host.extraRttMs.set("lab-leecher-1", Number.POSITIVE_INFINITY);
    expect(await measure()).toMatchObject({
      status: 409,
      body: { error: { code: "NO_ANSWER", message: "0 of 10 pings were answered" } },
    });
  });
});
