import { linkPaths } from "@swarmlab/agent-api/node-link";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Agent } from "../agent.js";
import { Workshop } from "../testing/workshop.js";

let workshop: Workshop;
let agent: Agent;

beforeEach(async () => {
  workshop = await Workshop.open();
});
afterEach(() => workshop.close());

/** Two seeders and two leechers, at 127.0.0.2 to 127.0.0.5. */
async function start(): Promise<void> {
  for (const name of ["lab-seeder-1", "lab-seeder-2", "lab-leecher-1", "lab-leecher-2"]) {
    workshop.node(name, "lan");
  }
  agent = await workshop.agent();
  await workshop.links(
    agent,
    (list) => list.length === 4 && list.every(({ state }) => state === "certified"),
  );
}

const divide = (groups: unknown) => workshop.ask(agent, "PUT", linkPaths.partition, { groups });

function blocked(): Record<string, readonly string[]> {
  const entries = [...workshop.host.plans].map(([key, { blockedAddresses }]) => [
    key.split(" ")[0] ?? "",
    blockedAddresses,
  ]);
  return Object.fromEntries(entries);
}

describe("a partition", () => {
  it("cannot be made or healed by a node", async () => {
    await start();
    const groups = [["lab-seeder-1"], ["lab-leecher-*"]];
    const refusal = { status: 403, body: { error: { code: "NODES_MAY_NOT" } } };
    expect(await workshop.ask(agent, "PUT", linkPaths.partition, { groups }, "127.0.0.3")).toMatchObject(
      refusal,
    );
    expect(await workshop.ask(agent, "DELETE", linkPaths.partition, undefined, "127.0.0.3")).toMatchObject(
      refusal,
    );
    expect((await workshop.ask(agent, "GET", linkPaths.partition)).status).toBe(404);
  });

  it("cuts the groups off from each other at every node, and nobody else", async () => {
    await start();
    const { status, body } = await divide([["lab-seeder-1"], ["lab-leecher-*"]]);
    expect(status).toBe(200);
    expect(body).toMatchObject({ members: [["lab-seeder-1"], ["lab-leecher-1", "lab-leecher-2"]] });
    expect(blocked()).toEqual({
      "lab-seeder-1": ["127.0.0.4", "127.0.0.5"],
      "lab-seeder-2": [],
      "lab-leecher-1": ["127.0.0.2"],
      "lab-leecher-2": ["127.0.0.2"],
    });
    expect((await workshop.ask(agent, "GET", linkPaths.partition)).body).toEqual(body);
    // The links themselves are as they were.
    expect(await workshop.links(agent)).toMatchObject(Array(4).fill({ state: "certified" }));
  });

  it("takes in nodes that come later", async () => {
    await start();
    await divide([["lab-seeder-*"], ["lab-leecher-*"]]);
    workshop.node("lab-leecher-3", "lan");
    await workshop.until(() => (blocked()["lab-seeder-1"]?.includes("127.0.0.6") ? true : undefined));
    expect(blocked()["lab-leecher-3"]).toEqual(["127.0.0.2", "127.0.0.3"]);
  });

  it("heals at every node", async () => {
    await start();
    await divide([["lab-seeder-*"], ["lab-leecher-*"]]);
    expect((await workshop.ask(agent, "DELETE", linkPaths.partition)).status).toBe(204);
    expect(Object.values(blocked())).toEqual([[], [], [], []]);
    expect((await workshop.ask(agent, "GET", linkPaths.partition)).status).toBe(404);
    // Whoever heals a whole swarm has what they want.
    expect((await workshop.ask(agent, "DELETE", linkPaths.partition)).status).toBe(204);
  });

  it("says where it could not be made", async () => {
    await start();
    workshop.host.refused.add("lab-leecher-2");
    expect(await divide([["lab-seeder-*"], ["lab-leecher-*"]])).toMatchObject({
      status: 500,
      body: { error: { code: "PARTITION_INCOMPLETE", message: expect.stringContaining("lab-leecher-2") } },
    });
  });

  it.each([
    [[["lab-seeder-1"], ["lab-leecher-9"]], 404, "UNKNOWN_NODE"],
    [[["lab-seeder-1"], ["other-*"]], 409, "EMPTY_GROUP"],
    [[["lab-*"], ["lab-leecher-1"]], 400, "OVERLAPPING_GROUPS"],
    [[["lab-*"]], 400, "BAD_PARTITION"],
    ["lab-*", 400, "BAD_PARTITION"],
  ])("is refused as %j", async (groups, status, code) => {
    await start();
    expect(await divide(groups)).toMatchObject({ status, body: { error: { code } } });
    expect(Object.values(blocked()).flat()).toEqual([]);
  });

  it("works beside links that the nodes make themselves, where the kernel can drop", async () => {
    workshop.host.can = { canShape: false, canDrop: true, explanation: "Linux 1.0 lacks netem." };
    workshop.node("lab-leecher-1", "dsl", "tokyo");
    workshop.node("lab-leecher-2", "dsl");
    agent = await workshop.agent();
    await workshop.links(agent, (list) => list.length === 2);
    await divide([["lab-leecher-1"], ["lab-leecher-2"]]);
    expect([...workshop.host.plans.values()]).toMatchObject([
      { link: { delayMs: 0 }, routes: [], blockedAddresses: ["127.0.0.3"] },
      { link: { delayMs: 0 }, routes: [], blockedAddresses: ["127.0.0.2"] },
    ]);
    await workshop.ask(agent, "DELETE", linkPaths.partition);
    expect(workshop.host.plans.size).toBe(0);
  });

  it("is refused with the reason where the kernel cannot drop", async () => {
    workshop.host.can = { canShape: false, canDrop: false, explanation: "Linux 1.0 lacks gact." };
    workshop.node("lab-leecher-1", "dsl");
    agent = await workshop.agent();
    expect(await divide([["lab-leecher-1"], ["lab-leecher-2"]])).toMatchObject({
      status: 409,
      body: { error: { code: "CANNOT_PARTITION", message: expect.stringContaining("lacks gact") } },
    });
  });
});
