import { spawnSync } from "node:child_process";
import { cp } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import type { Scope } from "../process/scope.js";
import { runCommand } from "./command.js";

/** A container of a Compose project. */
export interface Container {
  readonly id: string;
  readonly name: string;
  readonly service: string;
  readonly isRunning: boolean;
  readonly exitCode: number;
  /** Its IPv4 address by the network's name without the project's. */
  readonly addresses: Readonly<Record<string, string>>;
}

const root = fileURLToPath(new URL("../..", import.meta.url));

const inspectedSchema = z.array(
  z.object({
    Id: z.string(),
    Name: z.string(),
    State: z.object({ Running: z.boolean(), ExitCode: z.number() }),
    Config: z.object({ Labels: z.record(z.string(), z.string()) }),
    NetworkSettings: z.object({
      Networks: z.record(z.string(), z.object({ IPAddress: z.string() })),
    }),
  }),
);

/** A Compose project in a fresh copy of the checkout. */
export class ComposeProject {
  readonly name: string;
  /** The folder of compose.yaml. */
  readonly folder: string;
  #env: Readonly<Record<string, string>>;

  private constructor(name: string, folder: string, env: Readonly<Record<string, string>>) {
    this.name = name;
    this.folder = folder;
    this.#env = env;
  }

  /** `env` is what a user would write into .env. The scope removes the copy, and all that the project has made. */
  static async open(
    scope: Scope,
    name: string,
    env: Readonly<Record<string, string>>,
  ): Promise<ComposeProject> {
    const folder = await scope.scratchDirectory("clone");
    await copyCheckout(folder);
    const project = new ComposeProject(name, folder, env);
    scope.add({ close: () => project.down(), closeNow: () => project.#downNow() });
    await project.down();
    return project;
  }

  /** From now on as if .env said this, too. */
  set(env: Readonly<Record<string, string>>): void {
    this.#env = { ...this.#env, ...env };
  }

  /** `docker compose …`; gives what it prints. */
  compose(args: readonly string[], timeoutMs = 300_000): Promise<string> {
    return runCommand(["docker", "compose", ...args], {
      cwd: this.folder,
      env: { ...this.#env, COMPOSE_PROJECT_NAME: this.name, COMPOSE_PROGRESS: "plain" },
      timeoutMs,
    });
  }

  /** Starts all services, or brings them to what the settings say now. */
  async up(...args: readonly string[]): Promise<void> {
    await this.compose(["up", "--detach", ...args, ...(await this.#services())], 900_000);
  }

  async down(): Promise<void> {
    await this.compose(["down", "--volumes", "--timeout", "5"]);
  }

  /** While this process ends, which waits for nothing. */
  #downNow(): void {
    spawnSync("docker", ["compose", "down", "--volumes", "--timeout", "0"], {
      cwd: this.folder,
      env: { ...process.env, ...this.#env, COMPOSE_PROJECT_NAME: this.name },
      stdio: "ignore",
    });
  }

  async containers(service?: string): Promise<Container[]> {
    const ids = await runCommand([
      "docker",
      "ps",
      "--all",
      "--quiet",
      `--filter=label=com.docker.compose.project=${this.name}`,
      ...(service === undefined ? [] : [`--filter=label=com.docker.compose.service=${service}`]),
    ]);
    const list = ids.split("\n").filter((id) => id !== "");
    if (list.length === 0) return [];
    const text = await runCommand(["docker", "inspect", ...list]);
    const containers = inspectedSchema.parse(JSON.parse(text)).map((inspected) => ({
      id: inspected.Id,
      name: inspected.Name.slice(1),
      service: inspected.Config.Labels["com.docker.compose.service"] ?? "",
      isRunning: inspected.State.Running,
      exitCode: inspected.State.ExitCode,
      addresses: Object.fromEntries(
        Object.entries(inspected.NetworkSettings.Networks).map(([network, { IPAddress }]) => [
          network.slice(this.name.length + 1),
          IPAddress,
        ]),
      ),
    }));
    return containers.sort((a, b) => a.name.localeCompare(b.name, "en", { numeric: true }));
  }

  /** The only container of a service. Throws when there is none. */
  async container(service: string): Promise<Container> {
    const [container] = await this.containers(service);
    if (container === undefined) throw new Error(`${this.name} has no container of ${service}`);
    return container;
  }

  /** All services but Grafana where its image cannot be had. */
  async #services(): Promise<string[]> {
    const services = (await this.compose(["config", "--services"])).split("\n").filter((name) => name !== "");
    if (process.env.SWARMLAB_WITHOUT_GRAFANA !== "1") return services;
    return services.filter((name) => name !== "grafana");
  }
}

/** What is tracked by git, or would be, as a fresh clone has it. */
async function copyCheckout(folder: string): Promise<void> {
  const list = await runCommand(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
    cwd: root,
  });
  for (const path of list.split("\0").filter((name) => name !== "")) {
    await cp(join(root, path), join(folder, path), { recursive: true, force: true });
  }
}

/** Asks until `check` gives something, and gives that. Rejects with what was `expected` when the time is up. */
export async function eventually<T>(
  expected: string,
  timeoutMs: number,
  check: () => Promise<T | undefined>,
): Promise<T> {
  const deadlineMs = performance.now() + timeoutMs;
  let problem: unknown;
  for (;;) {
    try {
      const found = await check();
      if (found !== undefined) return found;
      problem = undefined;
    } catch (error) {
      problem = error;
    }
    if (performance.now() > deadlineMs) {
      throw new Error(`${timeoutMs / 1000} s passed before ${expected}`, { cause: problem });
    }
    // What happens in containers can only be asked for.
    await delay(500);
  }
}
