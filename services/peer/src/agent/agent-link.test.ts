import { createServer } from "node:http";
import { NodeClock } from "@swarmlab/engine/node/node-clock";
import { NodeNetwork } from "@swarmlab/engine/node/node-network";
import { SystemRandom } from "@swarmlab/engine/random/system-random";
import { formatLink } from "@swarmlab/scenario/link";
import { createLogger } from "@swarmlab/telemetry/logger";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { AgentServer } from "../testing/agent-server.js";
import { AgentClient } from "./agent-client.js";
import { AgentLink, type AgentLinkOptions } from "./agent-link.js";
import { measureRtt } from "./measure-rtt.js";

let agent: AgentServer;
let links: AgentLink[];
let log: string[];
/** One for each time that a link was placed. */
let placed: string[];
let onPlaced: () => void;

beforeEach(async () => {
  agent = await AgentServer.start();
  links = [];
  log = [];
  placed = [];
  onPlaced = () => undefined;
});
afterEach(async () => {
  await Promise.all(links.map((link) => link.close()));
  await agent.close();
});

async function open(options: Partial<AgentLinkOptions> = {}): Promise<AgentLink> {
  const link = await AgentLink.open({
    client: options.client ?? new AgentClient(agent.url),
    system: new NodeNetwork(),
    clock: new NodeClock(),
    random: new SystemRandom(),
    timeoutMs: 10_000,
    logger: createLogger({
      name: "test",
      level: "info",
      format: "lines",
      write: (line) => log.push(line.slice(9)),
    }),
    onPlaced: (_, { link: declared, backend, region, revision }) => {
      placed.push(`${formatLink(declared)} ${backend} ${region} ${revision}`);
      onPlaced();
    },
    signal: new AbortController().signal,
    ...options,
  });
  links.push(link);
  return link;
}

/** Resolves when a link is placed for the `count`th time. */
async function placedTimes(count: number): Promise<void> {
  while (placed.length < count) {
    await new Promise<void>((resolve) => {
      onPlaced = resolve;
    });
  }
}

/** The least round trip in milliseconds through the link, from here. */
async function rtt(link: AgentLink): Promise<number> {
  const { signal } = new AbortController();
  const options = { samples: 5, enoughMs: 5000, timeoutMs: 5000, signal };
  return Math.min(...(await measureRtt(link.network, agent.echo, options)));
}

function timesLogged(text: string): number {
  return log.filter((line) => line.includes(text)).length;
}

describe("the first link", () => {
  it("is waited for until the agent knows the node and has it in place", async () => {
    const opening = open();
    await agent.until(() => agent.asked.length >= 2);
    agent.say("pending");
    const asked = agent.asked.length;
    await agent.until(() => agent.asked.length > asked);
    agent.say({ link: "dsl", backend: "netem", region: "tokyo", revision: 7 });
    const link = await opening;
    expect(link.nodeName).toBe("example-leecher-1");
    expect(link.placed).toMatchObject({
      link: { delayMs: 25 },
      backend: "netem",
      region: "tokyo",
      revision: 7,
    });
    expect(log[0]).toBe(`info  waiting for the agent's link agent=${agent.url}\n`);
    expect(timesLogged("waiting for the agent's link")).toBe(1);
    expect(log[1]).toContain("info  link in place node=example-leecher-1 link=");
    expect(log[1]).toContain("backend=netem region=tokyo revision=7");
    expect(agent.asked[0]).toBe("/api/self/link?wait=30");
  });

  it("is waited for until there is an agent at all", async () => {
    const { port } = agent;
    await agent.close();
    const opening = open({ client: new AgentClient(`http://127.0.0.1:${port}/`) });
    agent = await AgentServer.start(port);
    agent.say({});
    expect((await opening).placed.backend).toBe("none");
  });

  it("is not emulated when the kernel makes it", async () => {
    agent.say({ link: "delay=200ms", backend: "netem" });
    const link = await open();
    expect(await rtt(link)).toBeLessThan(100);
    expect(agent.measurements).toEqual([]);
    expect(link.placed.measuredRttMs).toBeUndefined();
  });

  it("is emulated in userspace, and measured through the emulation before it counts", async () => {
    const declared = "up=10mbit,delay=20ms,loss=1%";
    agent.say({ link: declared, backend: "userspace", region: "tokyo", revision: 3 });
    agent.onMeasurement = () => expect(placed).toEqual([]);
    const link = await open();
    expect(agent.measurements).toEqual([{ revision: 3, rttMs: expect.any(Array) }]);
    expect(agent.measurements[0]?.rttMs).toHaveLength(10);
    expect(link.placed.measuredRttMs).toBeGreaterThan(35);
    expect(link.placed.measuredRttMs).toBeLessThan(400);
    expect(await rtt(link)).toBeGreaterThan(35);
    expect(log[1]).toMatch(/link in place .*backend=userspace region=tokyo revision=3 rtt="\d+\.\d ms"/);
    expect(log[2]).toContain("loss applies to datagrams only");
    expect(log[3]).toContain("the longer way to other regions is not emulated");
  });

  it("is measured as often as the agent wants before it counts", async () => {
    agent.say({ link: "delay=5ms", backend: "userspace" });
    agent.repeats = 2;
    agent.onMeasurement = () => expect(placed).toEqual([]);
    await open();
    expect(agent.measurements).toHaveLength(3);
    expect(placed).toHaveLength(1);
  });

  it("is measured anew when it changes while it is measured", async () => {
    agent.say({ link: "delay=5ms", backend: "userspace" });
    agent.onMeasurement = ({ revision }) => {
      if (revision === 1) agent.say({ link: "delay=20ms", backend: "userspace" });
    };
    const link = await open();
    expect(link.placed).toMatchObject({ link: { delayMs: 20 }, revision: 2 });
    expect(agent.measurements.map(({ revision }) => revision)).toEqual([2]);
    expect(placed).toEqual(["delay=20ms userspace undefined 2"]);
  });

  it("stays unmeasured when the agent has no echo server, which is said", async () => {
    agent.say({ link: "delay=5ms", backend: "userspace", echo: null });
    expect((await open()).placed.measuredRttMs).toBeUndefined();
    expect(timesLogged("no echo server")).toBe(1);
  });

  it.each([
    ["UNKNOWN_NODE", "unknown", "who is it; the agent knows containers"],
    ["LINK_NOT_IN_PLACE", "pending", "has no link in place for this node; the agent's log"],
    [
      "LINK_NOT_MEASURED",
      { backend: "userspace", echo: { host: "127.0.0.1", port: 9 } },
      "was not measured against 127\\.0\\.0\\.1:9: ",
    ],
  ] as const)("is given up after the time with %s, and what to do", async (code, knowledge, message) => {
    agent.say(knowledge);
    await expect(open({ timeoutMs: 600 })).rejects.toMatchObject({
      name: "AgentError",
      code,
      message: expect.stringMatching(new RegExp(`^no link after 0\\.6 s: .*${message}`)),
    });
  });

  it("is waited for when the agent says why it cannot be put into place, and the log tells that once", async () => {
    agent.say("failed");
    const opening = open();
    await agent.until(() => agent.asked.length > 2);
    agent.say({});
    await opening;
    expect(log.filter((line) => line.includes("no link yet"))).toEqual([
      expect.stringContaining("the label swarmlab.link=dls is no link"),
    ]);
  });

  it("is given up after the time when there is no agent", async () => {
    const client = new AgentClient("http://127.0.0.1:9");
    await expect(open({ client, timeoutMs: 300 })).rejects.toMatchObject({
      code: "AGENT_UNREACHABLE",
      message: expect.stringContaining("see whether the agent runs"),
    });
  });

  it.each([
    ["a link that is none", { link: "quick" }],
    ["no agent's answer", { node: "" }],
  ])("is given up at once for %s", async (_case, answer) => {
    // Past the schema of the other server.
    const server = createServer((_request, response) => {
      const link = { node: "a", region: null, link: "none", backend: "none", revision: 1, echo: null };
      response.end(JSON.stringify({ ...link, ...answer }));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    const port = typeof address === "object" ? address?.port : undefined;
    const client = new AgentClient(`http://127.0.0.1:${port}`);
    await expect(open({ client })).rejects.toMatchObject({ code: "BAD_AGENT_ANSWER" });
    server.close();
  });

  it("is no longer waited for when the peer is asked to stop", async () => {
    const controller = new AbortController();
    agent.say("pending");
    const opening = open({ signal: controller.signal });
    await agent.until(() => agent.asked.length > 0);
    controller.abort("stop");
    await expect(opening).rejects.toBe("stop");
  });
});

describe("a link that changes", () => {
  it("changes under the live network, is measured again and told", async () => {
    agent.say({ link: "delay=5ms", backend: "userspace" });
    const link = await open();
    await agent.until(() => agent.asked.at(-1) === "/api/self/link?wait=30&after=1");
    agent.say({ link: "delay=30ms", backend: "userspace", region: "tokyo" });
    await placedTimes(2);
    expect(link.placed).toMatchObject({ link: { delayMs: 30 }, region: "tokyo", revision: 2 });
    expect(Math.min(...(agent.measurements[1]?.rttMs ?? []))).toBeGreaterThan(50);
    expect(await rtt(link)).toBeGreaterThan(50);
    expect(timesLogged('link changed node=example-leecher-1 link="delay=30ms"')).toBe(1);
  });

  it("goes over to the kernel and back", async () => {
    agent.say({ link: "delay=30ms", backend: "userspace" });
    const link = await open();
    agent.say({ link: "delay=30ms", backend: "netem" });
    await placedTimes(2);
    expect(link.placed.backend).toBe("netem");
    expect(await rtt(link)).toBeLessThan(50);
    agent.say({ link: "delay=30ms", backend: "userspace" });
    await placedTimes(3);
    expect(await rtt(link)).toBeGreaterThan(50);
  });

  it("is followed across restarts of the agent, which counts anew and has forgotten what was measured", async () => {
    agent.say({ link: "delay=5ms", backend: "userspace", revision: 50 });
    const link = await open();
    const { port } = agent;
    await agent.close();
    agent = await AgentServer.start(port);
    agent.say({ link: "delay=5ms", backend: "userspace", revision: 0 });
    await placedTimes(2);
    expect(agent.measurements.map(({ revision }) => revision)).toEqual([0]);
    expect(timesLogged("link changed")).toBe(0);
    expect(timesLogged("trouble with the agent; the link stays as it is")).toBe(1);
    expect(timesLogged("the agent answers again")).toBe(1);
    agent.say({ link: "delay=20ms", backend: "userspace", revision: 1 });
    await placedTimes(3);
    expect(link.placed).toMatchObject({ link: { delayMs: 20 }, revision: 1 });
  });

  it("is shown as it is although it cannot be measured", async () => {
    agent.say({ link: "delay=5ms", backend: "userspace" });
    const link = await open();
    const { echo } = agent;
    agent.say({ link: "delay=20ms", backend: "userspace", echo: { host: "127.0.0.1", port: 9 } });
    const { revision = 0 } = link.placed;
    await agent.until(() => link.placed.revision !== revision && timesLogged("trouble with the agent") > 0);
    expect(link.placed).toMatchObject({ link: { delayMs: 20 }, revision: 2, measuredRttMs: undefined });
    agent.say({ link: "delay=20ms", backend: "userspace", revision: 2, echo });
    await placedTimes(2);
    expect(link.placed.measuredRttMs).toBeGreaterThan(30);
  });
});
