import { selfLinkSchema, selfPaths } from "@swarmlab/agent-api/self-link";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Scope } from "../../process/scope.js";
import { eventually } from "../compose-project.js";
import { AgentLab } from "./agent-lab.js";

/** The tests go on with what those before them have left. */
describe("an agent and a real engine", () => {
  const scope = new Scope();
  let lab: AgentLab;
  /** `netem` where the kernel has it, else `userspace`. */
  let backend: string;
  const isShaped = () => backend === "netem";

  beforeAll(async () => {
    lab = await AgentLab.create(scope, "swarmlab-agent-e2e");
  });
  afterAll(() => scope.close());

  test("finds the containers that run", async () => {
    await lab.run("one", { "swarmlab.link": "up=4mbit,down=8mbit,delay=20ms" });
    await lab.run("two", { "swarmlab.link": "delay=30ms", "swarmlab.region": "tokyo" });
    await lab.run("database", {});
    backend = await lab.startAgent();
    const state = isShaped() ? "certified" : "pending";
    const nodes = await lab.links(
      "both nodes are found",
      (all) => all.length === 2 && all.every((node) => node.state === state),
    );
    expect(nodes).toMatchObject([
      { node: "swarmlab-agent-e2e-one", link: "up=4mbit,down=8mbit,delay=20ms", backend, region: null },
      { node: "swarmlab-agent-e2e-two", link: "delay=30ms", backend, region: "tokyo" },
    ]);
  });

  test("knows by its address who asks, and tells it its link", async () => {
    const { status, body } = await lab.askFrom("one", "GET", selfPaths.link(30));
    expect(status).toBe(200);
    const link = selfLinkSchema.parse(body);
    expect(link).toMatchObject({ node: "swarmlab-agent-e2e-one", backend });
    const report = { revision: link.revision, rttMs: [40, 41, 40.5] };
    const reported = await lab.askFrom("one", "POST", selfPaths.measurement, report);
    expect(reported.status).toBe(isShaped() ? 409 : 200);
    await lab.links("the node is certified", ([one]) => one?.state === "certified");
  });

  test("follows containers that start, end and start again", async () => {
    await lab.run("three", { "swarmlab.link": "lan" });
    const [, three] = await lab.links("a node more", (all) => all.length === 3);
    await lab.docker("restart", "--time", "0", "swarmlab-agent-e2e-three");
    await lab.links("another run", (all) => (all[1]?.revision ?? 0) > (three?.revision ?? 0));
    await lab.docker("rm", "--force", "swarmlab-agent-e2e-three");
    await lab.links("a node less", (all) => all.length === 2);
    expect((await lab.askFrom("database", "GET", selfPaths.link(1))).status).toBe(404);
  });

  test("changes a link, which stays when the agent is killed and comes back", async () => {
    const changed = await lab.ask("PATCH", "/api/links/swarmlab-agent-e2e-two", { link: "delay=60ms" });
    expect(changed).toMatchObject({ status: 200, body: { link: "delay=60ms", origin: "changed" } });
    if (isShaped()) {
      await lab.links("it is certified", (all) => all[1]?.state === "certified");
      await expectPing("one", "two", 160);
    }
    await lab.killAgent();
    if (isShaped()) await expectPing("two", "one", 160);
    await lab.startAgent();
    const [, two] = await lab.links("both nodes are found", (all) => all.length === 2);
    expect(two).toMatchObject({ link: "delay=60ms", origin: "changed" });
  });

  test("measures rates where the kernel makes the link", async () => {
    const { status, body } = await eventually("the link is in place", 60_000, async () => {
      const answer = await lab.ask("POST", "/api/links/swarmlab-agent-e2e-one/measurement?rate=true");
      return JSON.stringify(answer.body).includes("not in place") ? undefined : answer;
    });
    if (isShaped()) {
      expect(body).toMatchObject({
        state: "certified",
        certificate: { up: { isWithinTolerance: true }, down: { isWithinTolerance: true } },
      });
    } else {
      expect(status).toBe(409);
    }
  });

  test("cuts nodes off from each other and heals, where the kernel can", async () => {
    const groups = [["swarmlab-agent-e2e-one"], ["swarmlab-agent-e2e-two"]];
    const { status } = await lab.ask("PUT", "/api/partition", { groups });
    if (!isShaped()) {
      // Kernels without netem may be able to drop packets all the same.
      expect([200, 409]).toContain(status);
    } else {
      expect(status).toBe(200);
      expect(await lab.ping("one", "two")).toBeUndefined();
      await lab.killAgent();
      await lab.startAgent();
      await lab.links("both nodes are found", (all) => all.length === 2);
      expect(await lab.ping("two", "one")).toBeUndefined();
    }
    expect((await lab.ask("DELETE", "/api/partition")).status).toBe(204);
    expect(await lab.ping("one", "two")).toBeDefined();
  });

  test("survives that the engine goes away", async () => {
    await lab.proxy.close();
    await eventually("the agent says so", 30_000, async () =>
      (await lab.ask("GET", "/healthz")).status === 503 ? true : undefined,
    );
    await lab.docker("rm", "--force", "swarmlab-agent-e2e-two");
    await lab.run("four", { "swarmlab.link": "none" });
    await lab.proxy.open();
    const names = (
      await lab.links("the agent has caught up", (all) => all[0]?.node.endsWith("four") === true)
    ).map(({ node }) => node);
    expect(names).toEqual(["swarmlab-agent-e2e-four", "swarmlab-agent-e2e-one"]);
  });

  /** Within 10 %, and never less. */
  async function expectPing(from: string, to: string, declaredMs: number): Promise<void> {
    const rttMs = await lab.ping(from, to);
    expect(rttMs).toBeGreaterThan(declaredMs - 1);
    expect(rttMs).toBeLessThan(1.1 * declaredMs);
  }
});
