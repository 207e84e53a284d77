import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { linkPaths, regionListSchema } from "@swarmlab/agent-api/node-link";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Workshop } from "../testing/workshop.js";

let workshop: Workshop;

beforeEach(async () => {
  workshop = await Workshop.open();
});
afterEach(() => workshop.close());

async function matrixFile(rttMs: object): Promise<string> {
  const file = join(workshop.directory, "regions.json");
  await writeFile(file, JSON.stringify({ rttMs }));
  return file;
}

describe("regions", () => {
  it("add half their round trip on the way to each node elsewhere", async () => {
    workshop.node("lab-leecher-1", "delay=5ms", "east");
    workshop.node("lab-leecher-2", "delay=5ms", "west");
    workshop.node("lab-leecher-3", "delay=5ms", "west");
    workshop.node("lab-leecher-4", "delay=5ms");
    const agent = await workshop.agent("--regions", await matrixFile({ east: { west: 80 } }));
    const hasRoutes = () =>
      [...workshop.host.plans.values()].filter(({ routes }) => routes.length > 0).length === 3;
    await workshop.until(() => (hasRoutes() ? true : undefined));
    await workshop.links(agent, (list) => list.every(({ state }) => state === "certified"));
    const routes = new Map([...workshop.host.plans].map(([key, plan]) => [key.split(" ")[0], plan.routes]));
    expect(routes.get("lab-leecher-1")).toEqual([{ delayMs: 40, destinations: ["127.0.0.3", "127.0.0.4"] }]);
    expect(routes.get("lab-leecher-3")).toEqual([{ delayMs: 40, destinations: ["127.0.0.2"] }]);
    expect(routes.get("lab-leecher-4")).toEqual([]);
  });

  it("are measured between a node of each", async () => {
    workshop.node("lab-leecher-1", "delay=5ms", "east");
    workshop.node("lab-leecher-2", "delay=7ms", "west");
    const agent = await workshop.agent(
      "--regions",
      await matrixFile({ east: { west: 80, south: 3 }, west: { south: 4 } }),
    );
    await workshop.links(
      agent,
      (list) => list.length === 2 && list.every(({ state }) => state === "certified"),
    );
    await workshop.ask(agent, "GET", "/api/self/link?wait=5", undefined, "127.0.0.3");
    const { status, body } = await workshop.ask(agent, "POST", linkPaths.regionMeasurement);
    expect(status).toBe(200);
    const path = {
      from: "lab-leecher-1",
      to: "lab-leecher-2",
      declaredMs: 104,
      measuredMs: 104,
      isWithinTolerance: true,
    };
    const list = regionListSchema.parse(body);
    expect(list).toMatchObject({
      isEmulated: true,
      pairs: [
        { regions: ["east", "west"], declaredRttMs: 80, path },
        { regions: ["east", "south"], declaredRttMs: 3, path: null },
        { regions: ["west", "south"], declaredRttMs: 4, path: null },
      ],
    });
    expect((await workshop.ask(agent, "GET", linkPaths.regions)).body).toEqual(list);
  });

  it("are said not to be emulated where nodes make their links themselves", async () => {
    workshop.host.can = { canShape: false, canDrop: false, explanation: "Linux 1.0 lacks netem." };
    workshop.node("lab-leecher-1", "none", "tokyo");
    const agent = await workshop.agent();
    const [node] = await workshop.links(agent, ([first]) => first?.state === "certified");
    expect(node).toMatchObject({
      region: "tokyo",
      problem: "delays to other regions are not emulated with the backend userspace",
    });
    expect(workshop.log.join("\n")).toContain("warn  delays to other regions are not emulated");
    expect((await workshop.ask(agent, "GET", linkPaths.regions)).body).toMatchObject({ isEmulated: false });
    expect((await workshop.ask(agent, "POST", linkPaths.regionMeasurement)).status).toBe(409);
  });

  it("are refused when their file is no matrix, with its name", async () => {
    const file = await matrixFile({ east: { west: -1 } });
    await expect(workshop.agent("--regions", file)).rejects.toMatchObject({
      name: "RegionError",
      message: expect.stringContaining(`${file}: not a matrix of regions: east – west`),
    });
    await expect(workshop.agent("--regions", "/nowhere/regions.json")).rejects.toMatchObject({
      name: "RegionError",
      message: expect.stringContaining("/nowhere/regions.json"),
    });
  });
});
