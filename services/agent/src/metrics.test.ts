import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Agent } from "./agent.js";
import { Workshop } from "./testing/workshop.js";

let workshop: Workshop;

beforeEach(async () => {
  workshop = await Workshop.open();
});
afterEach(() => workshop.close());

describe("/metrics", () => {
  it("tells of each link what is declared, measured and queued", async () => {
    workshop.node("lab-leecher-1", "dsl", "tokyo");
    workshop.node("lab-leecher-2", "delay=5ms");
    workshop.node("lab-leecher-3", "glass");
    const agent = await workshop.agent();
    await workshop.links(agent, ([first, second]) =>
      [first, second].every((node) => node?.state === "certified"),
    );
    await workshop.ask(agent, "POST", "/api/links/lab-leecher-1/measurement?rate=true");
    workshop.host.otherTrafficBytes.set("lab-leecher-1", 5000);
    // Queues are looked at anew every two seconds.
    const lines = await workshop.until(async () => {
      const page = String((await workshop.ask(agent, "GET", "/metrics")).body);
      return page.includes("swarmlab_link_sent_bytes_total{") ? page.split("\n") : undefined;
    });
    const values = (name: string) =>
      lines.filter((line) => line.startsWith(`${name}{`)).map((line) => line.slice(name.length));
    const constant = 'service="agent"';
    expect(values("swarmlab_agent_backend_info")).toEqual([`{backend="netem",${constant}} 1`]);
    expect(values("swarmlab_agent_nodes")).toContain(`{state="certified",${constant}} 2`);
    expect(values("swarmlab_agent_nodes")).toContain(`{state="off",${constant}} 0`);
    expect(values("swarmlab_agent_partition_groups")).toEqual([`{${constant}} 0`]);
    expect(values("swarmlab_agent_reconciles_total")).toContain(`{result="changed",${constant}} 2`);
    expect(values("swarmlab_link_info")).toContain(
      `{node="lab-leecher-1",region="tokyo",link="dsl",backend="netem",${constant}} 1`,
    );
    expect(values("swarmlab_link_declared_rate_bits_per_second")).toEqual([
      `{node="lab-leecher-1",direction="up",${constant}} 384000`,
      `{node="lab-leecher-1",direction="down",${constant}} 1500000`,
    ]);
    expect(values("swarmlab_link_declared_rtt_seconds")).toContain(`{node="lab-leecher-2",${constant}} 0.01`);
    expect(values("swarmlab_link_measured_rtt_seconds")).toContain(`{node="lab-leecher-1",${constant}} 0.05`);
    expect(values("swarmlab_link_measured_rate_bits_per_second")).toContain(
      `{node="lab-leecher-1",direction="up",${constant}} 384000`,
    );
    expect(values("swarmlab_link_certified")).toEqual([
      `{node="lab-leecher-1",${constant}} 1`,
      `{node="lab-leecher-2",${constant}} 1`,
      `{node="lab-leecher-3",${constant}} 0`,
    ]);
    expect(values("swarmlab_link_sent_bytes_total")).toContain(
      `{node="lab-leecher-1",direction="down",${constant}} 0`,
    );
    for (const name of ["sent_packets_total", "dropped_packets_total", "backlog_bytes", "backlog_packets"]) {
      expect(values(`swarmlab_link_${name}`)).toHaveLength(4);
    }
  });

  it("counts from nothing after a restart of the agent, whatever the queues have counted before", async () => {
    workshop.node("lab-leecher-1", "dsl");
    workshop.host.otherTrafficBytes.set("lab-leecher-1", 5000);
    const sentBytes = async (agent: Agent) => {
      const { body } = await workshop.ask(agent, "GET", "/metrics");
      const [, value] = /^swarmlab_link_sent_bytes_total\{.*"up".*\} (\d+)$/m.exec(String(body)) ?? [];
      return value;
    };
    for (const first of ["5000", "0"]) {
      const agent = await workshop.agent();
      await workshop.links(agent, ([node]) => node?.state === "certified");
      expect(await workshop.until(() => sentBytes(agent))).toBe(first);
      await workshop.end(agent);
    }
  });

  it("forgets nodes that have ended", async () => {
    const container = workshop.node("lab-leecher-1", "dsl");
    const agent = await workshop.agent();
    await workshop.links(agent, ([node]) => node?.state === "certified");
    workshop.docker.remove(container);
    await workshop.links(agent, (list) => list.length === 0);
    expect((await workshop.ask(agent, "GET", "/metrics")).body).not.toContain("lab-leecher-1");
  });
});
