import { parseLink } from "@swarmlab/scenario/link";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { swarmNetwork, Workshop } from "./testing/workshop.js";

let workshop: Workshop;

beforeEach(async () => {
  workshop = await Workshop.open();
});
afterEach(() => workshop.close());

const areCertified = (nodes: readonly { state: string }[]) =>
  nodes.every(({ state }) => state === "certified");
const linksInForce = () => [...workshop.host.plans.values()].map(({ link }) => link);

describe("an agent", () => {
  it("puts containers that run on their links, and certifies them", async () => {
    workshop.node("lab-leecher-2", "dsl");
    workshop.node("lab-leecher-10", "delay=7ms");
    const agent = await workshop.agent();
    const nodes = await workshop.links(agent, (list) => list.length === 2 && areCertified(list));
    expect(nodes).toMatchObject([
      { node: "lab-leecher-2", link: "dsl", origin: "declared", backend: "netem", problem: null },
      { node: "lab-leecher-10", address: "127.0.0.3", link: "delay=7ms", region: null },
    ]);
    expect(nodes[1]?.certificate).toMatchObject({
      revision: nodes[1]?.revision,
      rtt: { declaredMs: 14, measuredMs: 14, samples: 10, isWithinTolerance: true },
      up: null,
      down: null,
      isWithinTolerance: true,
    });
    expect(linksInForce()).toContainEqual(parseLink("dsl"));
  });

  it("leaves containers alone that have no link label, or are elsewhere", async () => {
    workshop.docker.run("example-database", {}, { [swarmNetwork]: "127.0.0.200" });
    workshop.docker.run("example-stranger", { "swarmlab.link": "dsl" }, { elsewhere: "127.0.0.201" });
    const agent = await workshop.agent();
    workshop.node("lab-leecher-1", "fiber");
    expect(await workshop.links(agent, (list) => list.length > 0)).toMatchObject([{ node: "lab-leecher-1" }]);
    expect(workshop.host.plans.size).toBe(1);
  });

  it("draws from a mix the link that the seed gives to the name", async () => {
    for (let i = 1; i <= 12; i += 1) workshop.node(`lab-leecher-${i}`, "fiber:1,dsl:1");
    const agent = await workshop.agent();
    const drawn = (await workshop.links(agent, (list) => list.length === 12)).map(({ link }) => link);
    expect(new Set(drawn)).toEqual(new Set(["fiber", "dsl"]));
    await workshop.end(agent);
    const again = await workshop.agent();
    expect((await workshop.links(again, (list) => list.length === 12)).map(({ link }) => link)).toEqual(
      drawn,
    );
  });

  it("follows containers that come, end, start again and are renamed", async () => {
    const agent = await workshop.agent();
    const container = workshop.node("lab-leecher-1", "dsl");
    const [first] = await workshop.links(agent, (list) => list.length === 1 && areCertified(list));
    workshop.docker.stop(container);
    await workshop.links(agent, (list) => list.length === 0);
    workshop.docker.start(container);
    const [second] = await workshop.links(agent, (list) => list.length === 1 && areCertified(list));
    expect(second?.revision).toBeGreaterThan(first?.revision ?? Number.NaN);
    // Each run has a network namespace of its own.
    expect(workshop.host.plans.size).toBe(2);
    workshop.docker.rename(container, "lab-leecher-9");
    await workshop.links(agent, ([node]) => node?.node === "lab-leecher-9");
    workshop.docker.remove(container);
    await workshop.links(agent, (list) => list.length === 0);
  });

  it("takes a node for gone whose address another container has by now", async () => {
    const agent = await workshop.agent();
    const labels = (region: string) => ({ "swarmlab.link": "lan", "swarmlab.region": region });
    workshop.docker.run("lab-leecher-1", labels("frankfurt"), { [swarmNetwork]: "127.0.0.7" });
    workshop.docker.run("lab-leecher-2", labels("tokyo"), { [swarmNetwork]: "127.0.0.8" });
    await workshop.links(agent, (list) => list.length === 2 && areCertified(list));
    workshop.docker.run("lab-leecher-3", labels("sydney"), { [swarmNetwork]: "127.0.0.7" });
    const isThird = ({ node }: { node: string }) => node === "lab-leecher-3";
    const nodes = await workshop.links(agent, (list) => list.some(isThird) && areCertified(list));
    expect(nodes.map(({ node }) => node)).toEqual(["lab-leecher-2", "lab-leecher-3"]);
    const asked = await workshop.ask(agent, "GET", "/api/self/link?wait=5", undefined, "127.0.0.7");
    expect(asked.body).toMatchObject({ node: "lab-leecher-3", region: "sydney" });
  });

  it("follows containers that join the swarm's network and leave it", async () => {
    const agent = await workshop.agent();
    const container = workshop.docker.run(
      "lab-leecher-1",
      { "swarmlab.link": "lan" },
      { elsewhere: "127.0.0.9" },
    );
    workshop.docker.connect(container, swarmNetwork, "127.0.0.8");
    await workshop.links(agent, ([node]) => node?.address === "127.0.0.8");
    workshop.docker.disconnect(container, swarmNetwork);
    await workshop.links(agent, (list) => list.length === 0);
  });

  it("knows nodes by their project as Compose names them", async () => {
    const labels = { "swarmlab.link": "lan", "com.docker.compose.project": "lab" };
    workshop.docker.run("lab-leecher-1", labels, { [swarmNetwork]: "127.0.0.7" });
    const agent = await workshop.agent();
    await workshop.links(agent, (list) => list.length === 1);
    expect((await workshop.ask(agent, "GET", "/api/links/leecher-1")).body).toMatchObject({
      node: "lab-leecher-1",
    });
  });

  it("survives that Docker goes away, and catches up when it is back", async () => {
    const leaving = workshop.node("lab-leecher-1", "dsl");
    workshop.node("lab-leecher-2", "dsl");
    const agent = await workshop.agent();
    await workshop.links(agent, (list) => list.length === 2 && areCertified(list));
    expect((await workshop.ask(agent, "GET", "/healthz")).status).toBe(200);
    await workshop.docker.goAway();
    const health = await workshop.until(async () => {
      const answer = await workshop.ask(agent, "GET", "/healthz");
      return answer.status === 503 ? answer.body : undefined;
    });
    expect(health).toMatchObject({ checks: { docker: expect.stringContaining("Docker does not answer") } });
    // The nodes may well still run.
    expect(await workshop.links(agent)).toHaveLength(2);
    workshop.docker.remove(leaving);
    workshop.node("lab-leecher-3", "dsl");
    await workshop.docker.listen();
    const nodes = await workshop.links(agent, (list) => list.some(({ node }) => node === "lab-leecher-3"));
    expect(nodes.map(({ node }) => node)).toEqual(["lab-leecher-2", "lab-leecher-3"]);
    await workshop.until(async () =>
      (await workshop.ask(agent, "GET", "/healthz")).status === 200 ? true : undefined,
    );
  });

  it("begins before Docker does, and before the network is there", async () => {
    await workshop.docker.goAway();
    workshop.docker.removeNetworks();
    const agent = await workshop.agent();
    await workshop.docker.listen();
    const checks = await workshop.until(async () => {
      const { body } = await workshop.ask(agent, "GET", "/healthz");
      return JSON.stringify(body).includes("no network") ? body : undefined;
    });
    expect(checks).toMatchObject({ checks: { docker: expect.stringContaining(swarmNetwork) } });
  });

  it("paces its work when many containers start at once", async () => {
    workshop.host.applyMs = 10;
    const agent = await workshop.agent();
    for (let i = 1; i <= 60; i += 1) workshop.node(`lab-leecher-${i}`, "fiber");
    await workshop.links(agent, (list) => list.length === 60 && areCertified(list));
    expect(workshop.host.maxApplying).toBeLessThanOrEqual(4);
    // Nothing is done twice although each container that comes may concern all others.
    expect(workshop.host.changes).toHaveLength(60);
  });

  it("says what is wrong with a label, and goes on with the other nodes", async () => {
    const agent = await workshop.agent();
    workshop.node("lab-leecher-1", "glass");
    workshop.node("lab-leecher-2", "dsl", "atlantis");
    workshop.node("lab-leecher-3", "dsl");
    const nodes = await workshop.links(agent, (list) => list[2]?.state === "certified");
    expect(nodes).toMatchObject([
      { state: "failed", problem: expect.stringContaining('label swarmlab.link: "glass" is no link') },
      { state: "failed", problem: expect.stringContaining('label swarmlab.region: "atlantis" is no region') },
      { state: "certified" },
    ]);
    expect((await workshop.ask(agent, "GET", "/healthz")).body).toMatchObject({
      checks: { links: "failed at lab-leecher-1, lab-leecher-2" },
    });
    // A change makes good for it.
    const repaired = await workshop.ask(agent, "PATCH", "/api/links/lab-leecher-1", { link: "fiber" });
    expect(repaired).toMatchObject({ status: 200, body: { link: "fiber", origin: "changed" } });
  });

  it("puts back what somebody else has taken away", async () => {
    workshop.timings = { ...workshop.timings, verifyEveryMs: 20 };
    workshop.node("lab-leecher-1", "dsl");
    const agent = await workshop.agent();
    await workshop.links(agent, (list) => list.length === 1 && areCertified(list));
    workshop.host.plans.clear();
    await workshop.until(() => (workshop.host.plans.size === 1 ? true : undefined));
    await workshop.until(() => workshop.log.find((line) => line.includes("link was not as planned")));
  });

  it("comes back to queues that were too long for their link, which is no repair", async () => {
    workshop.host.longQueues.set("lab-leecher-1", 3);
    workshop.node("lab-leecher-1", "dsl");
    const agent = await workshop.agent();
    const [placed] = await workshop.links(agent, (list) => list.length === 1 && areCertified(list));
    await workshop.until(() => (workshop.host.changes.length === 3 ? true : undefined));
    const [finished] = await workshop.links(agent);
    expect(finished).toEqual(placed);
    expect(workshop.host.pings).toBe(1);
    expect(workshop.log.join()).not.toContain("link was not as planned");
  });

  it("tries again when the kernel refuses a link, and tells so", async () => {
    workshop.host.refused.add("lab-leecher-1");
    workshop.node("lab-leecher-1", "dsl");
    const agent = await workshop.agent();
    await workshop.links(
      agent,
      ([node]) => node?.state === "failed" && node.problem === "the kernel refuses",
    );
    expect((await workshop.ask(agent, "GET", "/healthz")).status).toBe(503);
    workshop.host.refused.clear();
    await workshop.links(agent, ([node]) => node?.state === "certified");
    expect((await workshop.ask(agent, "GET", "/healthz")).status).toBe(200);
  });
});

describe("the backend", () => {
  const without = {
    canShape: false,
    canDrop: false,
    explanation: "Linux 1.0 lacks netem.\n  modprobe sch_netem",
  };

  it("is refused with the way to load it, when it has to be netem and cannot", async () => {
    workshop.host.can = without;
    await expect(workshop.agent("--link-backend", "netem")).rejects.toMatchObject({
      name: "BackendError",
      code: "NO_NETEM",
      message: without.explanation,
    });
  });

  it("is userspace, with the way to load netem in the log, when the kernel lacks it", async () => {
    workshop.host.can = without;
    const agent = await workshop.agent();
    expect(agent.backend).toBe("userspace");
    expect(workshop.log).toContain(`warn  ${without.explanation}`);
  });

  it("takes away what a former run has left, when links are off", async () => {
    workshop.node("lab-leecher-1", "dsl");
    const former = await workshop.agent();
    await workshop.links(former, (list) => list[0]?.state === "certified");
    await workshop.end(former);
    expect(workshop.host.plans.size).toBe(1);
    const agent = await workshop.agent("--link-backend", "none");
    const nodes = await workshop.links(agent, (list) => list[0]?.state === "certified");
    expect(nodes).toMatchObject([{ link: "none", backend: "none", certificate: { rtt: { declaredMs: 0 } } }]);
    expect(workshop.host.plans.size).toBe(0);
    expect(await workshop.ask(agent, "PATCH", "/api/links/lab-leecher-1", { link: "dsl" })).toMatchObject({
      status: 409,
      body: { error: { code: "LINKS_OFF" } },
    });
  });
});
