import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type NodeLink, nodeLinkListSchema } from "@swarmlab/agent-api/node-link";
import { z } from "zod";
import type { Child } from "../../process/child.js";
import type { Scope } from "../../process/scope.js";
import { runCommand } from "../command.js";
import { eventually } from "../compose-project.js";
import { EngineProxy } from "./engine-proxy.js";

const agentProgram = fileURLToPath(new URL("../../../services/agent/dist/main.js", import.meta.url));
const image = process.env.NODE_IMAGE ?? "node:24-bookworm-slim";
const engineSocket = (process.env.DOCKER_HOST ?? "unix:///var/run/docker.sock").replace("unix://", "");

const readySchema = z.object({ event: z.literal("ready"), control: z.string(), backend: z.string() });
const inspectedSchema = z.tuple([z.object({ State: z.object({ Pid: z.number() }) })]);

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** An agent as a process of this host, real containers, and the network that they share. */
export class AgentLab {
  readonly name: string;
  readonly proxy: EngineProxy;
  readonly #scope: Scope;
  readonly #data: string;
  #control = "";
  #agent: Child | undefined;

  private constructor(scope: Scope, name: string, folder: string) {
    this.#scope = scope;
    this.name = name;
    this.#data = join(folder, "data");
    this.proxy = new EngineProxy(join(folder, "docker.sock"), engineSocket);
  }

  static async create(scope: Scope, name: string): Promise<AgentLab> {
    const lab = new AgentLab(scope, name, await scope.scratchDirectory("agent-lab"));
    await lab.#removeAll();
    scope.add({ close: () => lab.#removeAll(), closeNow: () => lab.#removeAllNow() });
    await runCommand(["docker", "network", "create", name]);
    await lab.proxy.open();
    scope.add({ close: () => lab.proxy.close(), closeNow: () => {} });
    return lab;
  }

  /** Starts the agent, again if need be, and says what makes links. */
  async startAgent(...args: readonly string[]): Promise<string> {
    const places = ["--network", this.name, "--docker-socket", this.proxy.socketPath, "--data", this.#data];
    const listening = ["--control", "0.0.0.0:0", "--echo", "0.0.0.0:0", "--json"];
    const agent = await this.#scope.start({
      name: "agent",
      command: [process.execPath, agentProgram, ...places, ...listening, ...args],
    });
    this.#agent = agent;
    const ready = await agent.waitForLine("it is ready", 60_000, (line) =>
      line.includes('"ready"') ? readySchema.parse(JSON.parse(line)) : undefined,
    );
    this.#control = ready.control;
    return ready.backend;
  }

  async killAgent(): Promise<void> {
    this.#agent?.kill();
    await this.#agent?.exited;
  }

  /** Starts a container that does nothing, with these labels. */
  async run(name: string, labels: Readonly<Record<string, string>>): Promise<void> {
    const flags = Object.entries(labels).flatMap(([key, value]) => ["--label", `${key}=${value}`]);
    const options = ["--detach", "--network", this.name, "--name", `${this.name}-${name}`, ...flags];
    await runCommand(["docker", "run", ...options, image, "sleep", "infinity"]);
  }

  async docker(...args: readonly [string, ...string[]]): Promise<string> {
    return runCommand(["docker", ...args]);
  }

  async ask(method: string, path: string, body?: unknown): Promise<Answer> {
    const response = await fetch(this.#control + path, {
      method,
      headers: { "content-type": "application/json", connection: "close" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: text === "" ? undefined : JSON.parse(text) };
  }

  /** The same from inside of a container, whose address the agent then sees. */
  async askFrom(container: string, method: string, path: string, body?: unknown): Promise<Answer> {
    const gateway = await this.docker(
      "network",
      "inspect",
      "--format",
      "{{(index .IPAM.Config 0).Gateway}}",
      this.name,
    );
    const url = `http://${gateway.trim()}:${new URL(this.#control).port}${path}`;
    const options = {
      method,
      headers: { "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    };
    const script = `fetch(${JSON.stringify(url)}, ${JSON.stringify(options)}).then(async (response) => {
      const text = await response.text();
      console.log(JSON.stringify({ status: response.status, body: text === "" ? null : JSON.parse(text) }));
    })`;
    const output = await this.docker("exec", `${this.name}-${container}`, "node", "-e", script);
    return JSON.parse(output);
  }

  /** The links of all nodes once `condition` holds. */
  links(expected: string, condition: (nodes: readonly NodeLink[]) => boolean): Promise<NodeLink[]> {
    return eventually(expected, 120_000, async () => {
      const { nodes } = nodeLinkListSchema.parse((await this.ask("GET", "/api/links")).body);
      if (condition(nodes)) return nodes;
      throw new Error(JSON.stringify(nodes, undefined, 1));
    });
  }

  /** The shortest of some round trips between two containers in milliseconds; undefined when nothing comes back. */
  async ping(from: string, to: string): Promise<number | undefined> {
    const pid = await this.#pidOf(from);
    const address = await this.docker(
      "inspect",
      "--format",
      `{{(index .NetworkSettings.Networks "${this.name}").IPAddress}}`,
      `${this.name}-${to}`,
    );
    const ping = ["ping", "-n", "-c", "5", "-i", "0.2", "-W", "2", address.trim()];
    try {
      const output = await runCommand(["nsenter", `--net=/proc/${pid}/ns/net`, "--", ...ping]);
      return Math.min(...Array.from(output.matchAll(/time=([\d.]+) ms/g), ([, time]) => Number(time)));
    } catch {
      return undefined;
    }
  }

  async #pidOf(container: string): Promise<number> {
    const inspected = JSON.parse(await this.docker("inspect", `${this.name}-${container}`));
    const [{ State }] = inspectedSchema.parse(inspected);
    return State.Pid;
  }

  async #removeAll(): Promise<void> {
    const ids = await runCommand(["docker", "ps", "--all", "--quiet", `--filter=name=^${this.name}-`]);
    const list = ids.split("\n").filter((id) => id !== "");
    if (list.length > 0) await runCommand(["docker", "rm", "--force", ...list]);
    const networks = await runCommand(["docker", "network", "ls", "--quiet", `--filter=name=^${this.name}$`]);
    if (networks.trim() !== "") await runCommand(["docker", "network", "rm", this.name]);
  }

  /** While this process ends, which waits for nothing. */
  #removeAllNow(): void {
    const asked = ["ps", "--all", "--quiet", `--filter=name=^${this.name}-`];
    const { stdout } = spawnSync("docker", asked, { encoding: "utf8" });
    const ids = stdout.split("\n").filter((id) => id !== "");
    if (ids.length > 0) spawnSync("docker", ["rm", "--force", ...ids], { stdio: "ignore" });
    spawnSync("docker", ["network", "rm", this.name], { stdio: "ignore" });
  }
}
