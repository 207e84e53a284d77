import { mkdtemp, rm } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type NodeLink, nodeLinkListSchema } from "@swarmlab/agent-api/node-link";
import { loadSettings } from "@swarmlab/settings/load";
import { createLogger } from "@swarmlab/telemetry/logger";
import { type Agent, defaultTimings, startAgent } from "../agent.js";
import type { LinkServiceTimings } from "../link-service.js";
import { agentSettings } from "../settings.js";
import { FakeDocker } from "./fake-docker.js";
import { FakeHost } from "./fake-host.js";

export const swarmNetwork = "example_swarm";
const pollMs = 5;
const patienceMs = 10_000;

/** An answer of the agent. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** What a test opens, closed together at its end: a fake engine, a fake kernel, and agents that use them. */
export class Workshop {
  readonly host = new FakeHost();
  readonly log: string[] = [];
  readonly docker: FakeDocker;
  readonly directory: string;
  timings: LinkServiceTimings = { ...defaultTimings, firstMeasurementRetryMs: 20 };
  #agents: Agent[] = [];
  #addresses = 1;

  private constructor(directory: string) {
    this.directory = directory;
    // Loopback, so that a node can really ask from its own address.
    this.docker = new FakeDocker(join(directory, "docker.sock"), { [swarmNetwork]: ["127.0.0.0/16"] });
  }

  static async open(): Promise<Workshop> {
    const workshop = new Workshop(await mkdtemp(join(tmpdir(), "swarmlab-agent-")));
    await workshop.docker.listen();
    return workshop;
  }

  async agent(...args: string[]): Promise<Agent> {
    const argv = [
      ["--network", swarmNetwork, "--docker-socket", this.docker.socketPath],
      ["--control", "127.0.0.1:0", "--echo", "127.0.0.1:0"],
      ["--data", join(this.directory, "data"), "--seed", "example", ...args],
    ].flat();
    const loaded = loadSettings(agentSettings, { argv, env: {}, readFile: () => "{}" });
    if (loaded.kind !== "settings") throw new Error(loaded.text);
    const logger = createLogger({
      name: "test",
      level: "info",
      format: "lines",
      write: (line) => this.log.push(line.slice("12:00:00 ".length).trimEnd()),
    });
    const { signal } = new AbortController();
    const agent = await startAgent(loaded.values, logger, this.host, signal, this.timings);
    this.#agents.push(agent);
    return agent;
  }

  /** Ends an agent, gracefully. */
  async end(agent: Agent): Promise<void> {
    this.#agents = this.#agents.filter((other) => other !== agent);
    await agent.close();
  }

  /** A container with the labels of a node, on an address of its own. */
  node(name: string, link: string, region?: string) {
    this.#addresses += 1;
    const labels = { "swarmlab.link": link, ...(region === undefined ? {} : { "swarmlab.region": region }) };
    return this.docker.run(name, labels, { [swarmNetwork]: `127.0.0.${this.#addresses}` });
  }

  /** The links of all nodes once they are as `condition` wants them. */
  async links(agent: Agent, condition: (nodes: NodeLink[]) => boolean = () => true): Promise<NodeLink[]> {
    return this.until(async () => {
      const { body } = await this.ask(agent, "GET", "/api/links");
      const { nodes } = nodeLinkListSchema.parse(body);
      return condition(nodes) ? nodes : undefined;
    });
  }

  /** Asks until there is an answer. */
  async until<T>(ask: () => Promise<T | undefined> | T | undefined): Promise<T> {
    const deadlineMs = performance.now() + patienceMs;
    for (;;) {
      const answer = await ask();
      if (answer !== undefined) return answer;
      if (performance.now() > deadlineMs) throw new Error(`waited in vain; the log: ${this.log.join("\n")}`);
      await new Promise((resolve) => setTimeout(resolve, pollMs));
    }
  }

  /** A request, from an address of its own if given. */
  ask(agent: Agent, method: string, path: string, body?: unknown, from?: string): Promise<Answer> {
    const text = body === undefined ? undefined : JSON.stringify(body);
    return new Promise((resolve, reject) => {
      const sent = request(
        agent.controlUrl + path,
        {
          method,
          agent: false,
          ...(from === undefined ? {} : { localAddress: from }),
          ...(text === undefined ? {} : { headers: { "content-type": "application/json" } }),
        },
        (response) => {
          let answer = "";
          response.setEncoding("utf8").on("data", (chunk: string) => {
            answer += chunk;
          });
          response.once("end", () => {
            resolve({ status: response.statusCode ?? 0, body: answer === "" ? undefined : parsed(answer) });
          });
          response.once("error", reject);
        },
      );
      sent.once("error", reject);
      sent.end(text);
    });
  }

  async close(): Promise<void> {
    await Promise.all(this.#agents.splice(0).map((agent) => agent.close()));
    await this.docker.goAway();
    await rm(this.directory, { recursive: true, force: true });
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
