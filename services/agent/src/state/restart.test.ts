import { cp, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { linkPaths } from "@swarmlab/agent-api/node-link";
import { parseLink } from "@swarmlab/scenario/link";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Agent } from "../agent.js";
import { Workshop } from "../testing/workshop.js";

let workshop: Workshop;

beforeEach(async () => {
  workshop = await Workshop.open();
});
afterEach(() => workshop.close());

const areCertified = (nodes: readonly { state: string }[]) =>
  nodes.length > 0 && nodes.every(({ state }) => state === "certified");
const stateFile = () => join(workshop.directory, "data", "state.json");

describe("an agent that ended", () => {
  it("finds changed links again, and touches nothing that is in place", async () => {
    workshop.node("lab-leecher-1", "dsl");
    workshop.node("lab-leecher-2", "dsl");
    const first = await workshop.agent();
    await workshop.links(first, (list) => list.length === 2 && areCertified(list));
    await workshop.ask(first, "PATCH", "/api/links/lab-leecher-1", { link: "delay=40ms" });
    const before = await workshop.links(first, areCertified);
    await workshop.end(first);
    const changes = [...workshop.host.changes];
    const { pings } = workshop.host;

    const second = await workshop.agent();
    const after = await workshop.links(second, (list) => list.length === 2 && areCertified(list));
    expect(after).toEqual(before);
    expect(after[0]).toMatchObject({ origin: "changed" });
    expect(workshop.host.changes).toEqual(changes);
    // The certificate still holds; measuring beside the swarm's traffic would prove less.
    expect(workshop.host.pings).toBe(pings);
    // A node that waits for news has none.
    const revision = after[0]?.revision ?? 0;
    const asked = `/api/self/link?wait=0.05&after=${revision}`;
    expect((await workshop.ask(second, "GET", asked, undefined, "127.0.0.2")).status).toBe(204);
  });

  it("knows when a link was changed, and of one that never was that it was not", async () => {
    workshop.node("lab-leecher-1", "dsl");
    workshop.node("lab-leecher-2", "dsl");
    const changedAt = async (agent: Agent) => {
      const page = String((await workshop.ask(agent, "GET", "/metrics")).body);
      return page.match(/^swarmlab_link_changed_timestamp_seconds\{.*$/gm) ?? [];
    };
    const first = await workshop.agent();
    await workshop.links(first, (list) => list.length === 2 && areCertified(list));
    expect(await changedAt(first)).toEqual([]);
    const beforeMs = Date.now();
    await workshop.ask(first, "PATCH", "/api/links/lab-leecher-1", { link: "delay=40ms" });
    const before = await changedAt(first);
    expect(before).toEqual([expect.stringContaining('node="lab-leecher-1"')]);
    expect(1000 * Number(before[0]?.split(" ").at(-1))).toBeGreaterThanOrEqual(beforeMs);
    await workshop.end(first);
    const second = await workshop.agent();
    await workshop.links(second, (list) => list.length === 2 && areCertified(list));
    expect(await changedAt(second)).toEqual(before);
    await workshop.ask(second, "DELETE", "/api/links/lab-leecher-1");
    const after = await changedAt(second);
    expect(after).not.toEqual(before);
    await workshop.end(second);
    const third = await workshop.agent();
    await workshop.links(third, (list) => list.length === 2 && areCertified(list));
    expect(await changedAt(third)).toEqual(after);
  });

  it("without a chance to say good-bye has written each change before it answered", async () => {
    workshop.node("lab-leecher-1", "dsl");
    const killed = await workshop.agent();
    await workshop.links(killed, areCertified);
    await workshop.ask(killed, "PATCH", "/api/links/lab-leecher-1", { link: "fiber" });
    // What is on disk now is what another one begins with.
    const copy = join(workshop.directory, "copy");
    await cp(join(workshop.directory, "data"), copy, { recursive: true });
    const next = await workshop.agent("--data", copy);
    await workshop.links(next, ([node]) => node?.link === "fiber" && node.origin === "changed");
  });

  it("measures anew what is another run of a container, and keeps its changed link", async () => {
    const container = workshop.node("lab-leecher-1", "dsl");
    const first = await workshop.agent();
    await workshop.links(first, areCertified);
    await workshop.ask(first, "PATCH", "/api/links/lab-leecher-1", { link: "fiber" });
    await workshop.links(first, areCertified);
    workshop.docker.stop(container);
    await workshop.links(first, (list) => list.length === 0);
    await workshop.end(first);
    workshop.docker.start(container);
    const { pings } = workshop.host;
    const second = await workshop.agent();
    await workshop.links(second, ([node]) => node?.state === "certified" && node.link === "fiber");
    expect(workshop.host.pings).toBeGreaterThan(pings);
    expect([...workshop.host.plans.values()].at(-1)?.link).toEqual(parseLink("fiber"));
  });

  it("finds the partition again", async () => {
    workshop.node("lab-leecher-1", "lan");
    workshop.node("lab-leecher-2", "lan");
    const first = await workshop.agent();
    await workshop.links(first, (list) => list.length === 2 && areCertified(list));
    const groups = [["lab-leecher-1"], ["lab-leecher-2"]];
    await workshop.ask(first, "PUT", linkPaths.partition, { groups });
    await workshop.end(first);
    const changes = [...workshop.host.changes];
    const second = await workshop.agent();
    await workshop.links(second, (list) => list.length === 2 && areCertified(list));
    expect((await workshop.ask(second, "GET", linkPaths.partition)).body).toMatchObject({ groups });
    expect(workshop.host.changes).toEqual(changes);
  });

  it("forgets containers that are gone, and the partition with the last of them", async () => {
    const gone = [workshop.node("lab-leecher-1", "lan"), workshop.node("lab-leecher-2", "lan")];
    const first = await workshop.agent();
    await workshop.links(first, (list) => list.length === 2 && areCertified(list));
    const groups = [["lab-leecher-1"], ["lab-leecher-2"]];
    await workshop.ask(first, "PUT", linkPaths.partition, { groups });
    await workshop.ask(first, "PATCH", "/api/links/lab-leecher-1", { link: "fiber" });
    await workshop.end(first);
    for (const container of gone) workshop.docker.remove(container);
    // Another swarm with the same names.
    workshop.docker.run(
      "lab-leecher-1",
      { "swarmlab.link": "lan", other: "" },
      { example_swarm: "127.0.0.9" },
    );
    const second = await workshop.agent("--seed", "other");
    const [node] = await workshop.links(second, areCertified);
    expect((await workshop.ask(second, "GET", linkPaths.partition)).status).toBe(
      node === undefined ? 0 : 404,
    );
    expect(workshop.log).toContain("info  swarm healed: those who were divided are gone");
  });

  it("begins with what is declared when its state cannot be read, and says so", async () => {
    workshop.node("lab-leecher-1", "dsl");
    const first = await workshop.agent();
    await workshop.links(first, areCertified);
    await workshop.end(first);
    for (const content of [
      "{",
      '{"version":2,"containers":{}}',
      '{"version":1,"containers":{"x":{"node":1}}}',
    ]) {
      await writeFile(stateFile(), content);
      workshop.log.splice(0);
      const agent = await workshop.agent();
      expect(workshop.log.join("\n")).toMatch(
        /error .*state\.json is not .*links begin as they are declared/s,
      );
      await workshop.links(agent, areCertified);
      await workshop.end(agent);
    }
  });

  it("goes on when its state cannot be written, and is not healthy", async () => {
    workshop.node("lab-leecher-1", "dsl");
    const file = join(workshop.directory, "file");
    await writeFile(file, "");
    const agent = await workshop.agent("--data", join(file, "data"));
    await workshop.links(agent, areCertified);
    const changed = await workshop.ask(agent, "PATCH", "/api/links/lab-leecher-1", { link: "fiber" });
    expect(changed.status).toBe(200);
    expect(await workshop.ask(agent, "GET", "/healthz")).toMatchObject({
      status: 503,
      body: { checks: { state: expect.stringContaining("state.json cannot be written: ENOTDIR") } },
    });
  });
});
