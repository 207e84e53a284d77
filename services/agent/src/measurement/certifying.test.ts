import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Workshop } from "../testing/workshop.js";

let workshop: Workshop;

beforeEach(async () => {
  workshop = await Workshop.open();
});
afterEach(() => workshop.close());

describe("a new link", () => {
  it("is measured again until it is what was declared", async () => {
    workshop.host.extraRttMs.set("lab-leecher-1", 20);
    workshop.node("lab-leecher-1", "dsl");
    const agent = await workshop.agent();
    await workshop.links(agent, ([node]) => node?.state === "off");
    expect(workshop.log).toContainEqual(
      expect.stringMatching(/^warn {2}link is off: the round trip takes 70 ms/),
    );
    workshop.host.extraRttMs.clear();
    await workshop.links(agent, ([node]) => node?.state === "certified");
  });

  it("is not said to be off as long as other traffic may be the reason", async () => {
    workshop.host.extraRttMs.set("lab-leecher-1", 20);
    workshop.host.otherTrafficBytes.set("lab-leecher-1", 100_000);
    workshop.node("lab-leecher-1", "dsl");
    const agent = await workshop.agent();
    await workshop.links(agent, ([node]) => node?.state === "in-place" && node.certificate !== null);
    await workshop.until(() => (workshop.host.pings > 5 ? true : undefined));
    expect(await workshop.links(agent)).toMatchObject([
      { state: "in-place", problem: expect.stringContaining("other traffic") },
    ]);
    workshop.host.otherTrafficBytes.clear();
    await workshop.links(agent, ([node]) => node?.state === "off");
  });

  it("is off when the delay is missing, whatever else it carries", async () => {
    workshop.host.extraRttMs.set("lab-leecher-1", -20);
    workshop.host.otherTrafficBytes.set("lab-leecher-1", 100_000);
    workshop.node("lab-leecher-1", "dsl");
    const agent = await workshop.agent();
    await workshop.links(agent, ([node]) => node?.state === "off");
  });

  it("says when it cannot be measured", async () => {
    workshop.host.extraRttMs.set("lab-leecher-1", Number.POSITIVE_INFINITY);
    workshop.node("lab-leecher-1", "dsl");
    const agent = await workshop.agent();
    await workshop.links(agent, ([node]) => node?.problem === "0 of 10 pings were answered");
  });

  it("is measured no more once its node is gone", async () => {
    workshop.host.extraRttMs.set("lab-leecher-1", 20);
    const container = workshop.node("lab-leecher-1", "dsl");
    const agent = await workshop.agent();
    await workshop.links(agent, ([node]) => node?.state === "off");
    workshop.docker.remove(container);
    await workshop.links(agent, (list) => list.length === 0);
    const { pings } = workshop.host;
    await workshop.agent("--data", `${workshop.directory}/other`);
    await workshop.links(agent);
    expect(workshop.host.pings).toBe(pings);
  });
});
