import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { AgentServer } from "../testing/agent-server.js";
import { AgentClient } from "./agent-client.js";

const { signal } = new AbortController();
let agents: AgentServer[];
let client: AgentClient;

/** Each at an address of its own, of which the agents' name stands for all. */
beforeEach(async () => {
  agents = await Promise.all(["127.0.0.2", "127.0.0.3"].map((host) => AgentServer.start(0, host)));
  client = new AgentClient("http://agent.control:9200", async () => agents.map(({ url }) => url));
});
afterEach(() => Promise.all(agents.map((agent) => agent.close())));

function agentAt(index: number): AgentServer {
  const agent = agents[index];
  if (agent === undefined) throw new RangeError(`there is no agent ${index}`);
  return agent;
}

describe("among many agents", () => {
  it("the one that knows this node is found, and asked from then on", async () => {
    agentAt(1).say({ link: "delay=5ms", backend: "userspace", revision: 3 });
    expect(await client.link(30, undefined, signal)).toMatchObject({ revision: 3 });
    expect(agentAt(1).asked).toEqual(["/api/self/link?wait=0", "/api/self/link?wait=30"]);
    const others = agentAt(0).asked.length;
    await client.report({ revision: 3, rttMs: [10] }, signal);
    await client.link(30, 2, signal);
    expect(agentAt(1).measurements).toEqual([{ revision: 3, rttMs: [10] }]);
    expect(agentAt(0).asked).toHaveLength(others);
  });

  it("one that knows this node but has no link for it yet is the right one", async () => {
    agentAt(0).say("pending");
    expect(await client.link(0, undefined, signal)).toBeUndefined();
    agentAt(0).say("failed");
    await expect(client.link(30, undefined, signal)).rejects.toMatchObject({ code: "LINK_NOT_IN_PLACE" });
    expect(agentAt(0).asked.at(-1)).toBe("/api/self/link?wait=30");
  });

  it("another is looked for when the one is gone, or knows this node no more", async () => {
    agentAt(0).say({ revision: 1 });
    await client.link(30, undefined, signal);
    await agents.shift()?.close();
    await expect(client.link(30, 1, signal)).rejects.toMatchObject({ code: "AGENT_UNREACHABLE" });
    agents.push(await AgentServer.start(0, "127.0.0.4"));
    agentAt(1).say({ revision: 7 });
    expect(await client.link(30, undefined, signal)).toMatchObject({ revision: 7 });
    agentAt(1).say("unknown");
    agentAt(0).say({ revision: 8 });
    await expect(client.link(30, undefined, signal)).rejects.toMatchObject({ code: "UNKNOWN_NODE" });
    expect(await client.link(30, undefined, signal)).toMatchObject({ revision: 8 });
  });

  it("none may know this node yet, and none may answer", async () => {
    const urls = agents.map(({ url }) => url);
    client = new AgentClient("http://agent.control:9200", async () => urls);
    await expect(client.link(30, undefined, signal)).rejects.toMatchObject({
      code: "UNKNOWN_NODE",
      message: "of 2 agents at http://agent.control:9200 2 answer, and none knows this node",
    });
    await agentAt(0).close();
    await expect(client.link(30, undefined, signal)).rejects.toMatchObject({ code: "UNKNOWN_NODE" });
    await agentAt(1).close();
    await expect(client.link(30, undefined, signal)).rejects.toMatchObject({ code: "AGENT_UNREACHABLE" });
    agents = [];
  });

  it("the search ends when it is called off, although a name server does not answer", async () => {
    const controller = new AbortController();
    const waiting = new AgentClient("http://agent.control", () => new Promise(() => {}));
    const link = waiting.link(30, undefined, controller.signal);
    controller.abort("stop");
    await expect(link).rejects.toBe("stop");
  });
});
