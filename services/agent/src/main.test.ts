import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { AgentProcess } from "./testing/agent-process.js";

let directory: string;
let processes: AgentProcess[];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "swarmlab-agent-main-"));
  processes = [];
});
afterEach(async () => {
  for (const each of processes) {
    each.signal("SIGKILL");
    await each.exit;
  }
  await rm(directory, { recursive: true, force: true });
});

function start(...args: string[]): AgentProcess {
  const started = new AgentProcess(args);
  processes.push(started);
  return started;
}

/** An agent without Docker, which leaves links alone. */
function startAlone(...args: string[]): AgentProcess {
  const socket = ["--docker-socket", join(directory, "docker.sock")];
  const places = ["--control", "127.0.0.1:0", "--echo", "127.0.0.1:0", "--data", join(directory, "data")];
  return start("--json", "--link-backend", "none", ...socket, ...places, ...args);
}

describe("swarmlab-agent", () => {
  it("serves without Docker, is not healthy, and ends on SIGTERM", async () => {
    const agent = startAlone();
    const { control, backend } = await agent.ready();
    expect(backend).toBe("none");
    expect(await (await fetch(`${control}/api/links`)).json()).toEqual({ nodes: [] });
    const health = await fetch(`${control}/healthz`);
    expect(health.status).toBe(503);
    expect(await health.json()).toMatchObject({ checks: { links: "ok", state: "ok" } });
    const startMs = performance.now();
    agent.signal("SIGTERM");
    expect(await agent.exit).toBe(0);
    expect(performance.now() - startMs).toBeLessThan(2000);
    expect(agent.errors).toContain("links stay as they are");
  });

  it("goes by the names that it listens on, and that it was given", async () => {
    const { control } = await startAlone("--control", "localhost:0", "--allow-host", "agent.example").ready();
    expect((await fetch(`${control}/api/links`)).status).toBe(200);
  });

  it("explains itself, and refuses settings that it does not know", async () => {
    const help = start("--help");
    expect(await help.exit).toBe(0);
    expect(help.output).toContain("--link-backend auto|netem|userspace|none");
    const mistaken = start("--netwrk", "example");
    expect(await mistaken.exit).toBe(2);
    expect(mistaken.errors).toContain("did you mean --network?");
  });

  it("is an echo server alone where that is its scope", async () => {
    const places = ["--control", "127.0.0.1:0", "--echo", "127.0.0.1:0"];
    const agent = start("--scope", "echo", "--json", ...places);
    const { control, echo, backend } = await agent.ready();
    expect(backend).toBeUndefined();
    expect(await (await fetch(`${control}/healthz`)).json()).toEqual({ status: "ok", checks: {} });
    expect(await (await fetch(`${control}/metrics`)).text()).toContain('service="agent"');
    const socket = connect(Number(echo.split(":")[1]), "127.0.0.1");
    socket.write("a");
    expect(String((await once(socket, "data"))[0])).toBe("a");
    socket.destroy();
    agent.signal("SIGTERM");
    expect(await agent.exit).toBe(0);
  });

  it("says what it has to know of a pod", async () => {
    const agent = start("--scope", "pod", "--node", "leecher-3", "--control", "127.0.0.1:0");
    expect(await agent.exit).toBe(1);
    expect(agent.errors).toContain("--scope pod needs --address");
  });

  it("says which file of regions is wrong", async () => {
    const agent = startAlone("--regions", join(directory, "regions.json"));
    expect(await agent.exit).toBe(1);
    expect(agent.errors).toContain("regions.json");
    expect(agent.errors).not.toContain("at ");
  });
});
