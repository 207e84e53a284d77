import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import type { Scope } from "../../process/scope.js";
import { runCommand } from "../command.js";
import { eventually } from "../compose-project.js";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const images = ["tracker", "peer", "agent"];
const stackLabel = "com.docker.stack.namespace";
const kinds = ["service", "network", "config"] as const;

const taskSchema = z.object({ Name: z.string(), CurrentState: z.string(), Error: z.string() });
const updateSchema = z.object({ State: z.string(), Message: z.string() });

/** A task's container on this host; `node` is what the node in it is called. */
export interface TaskContainer {
  readonly id: string;
  readonly node: string;
}

/** compose/stack.yaml as a stack of this engine's swarm, of images that no registry has. */
export class StackProject {
  readonly name: string;
  readonly #env: Readonly<Record<string, string>>;
  readonly #files: readonly string[];

  private constructor(name: string, env: Readonly<Record<string, string>>, files: readonly string[]) {
    this.name = name;
    this.#env = env;
    this.#files = files;
  }

  /** `env` is what a user would have in .env, `files` are added to the stack's. The scope removes all that is made. */
  static async open(
    scope: Scope,
    name: string,
    env: Readonly<Record<string, string>>,
    files: readonly string[],
  ): Promise<StackProject> {
    // Nobody listens at this registry: what is on this host counts, and nothing is asked for elsewhere.
    const repository = `127.0.0.1:9/${name}`;
    const tags = images.map((image) => `${repository}/${image}:e2e`);
    const project = new StackProject(
      name,
      { ...env, SWARMLAB_IMAGES: repository, SWARMLAB_VERSION: "e2e" },
      files,
    );
    scope.add({
      close: async () => {
        await project.remove();
        await project.removeVolumes();
        await removeImages(tags);
      },
      closeNow: () => spawnSync("docker", ["stack", "rm", name], { stdio: "ignore" }),
    });
    for (const [index, tag] of tags.entries()) {
      const options = ["--file=docker/Dockerfile", `--target=${images[index]}`, `--tag=${tag}`, "--quiet"];
      await runCommand(["docker", "build", ...options, ...baseImage(), "."], {
        cwd: root,
        env: { DOCKER_BUILDKIT: "1" },
        timeoutMs: 600_000,
      });
    }
    await project.remove();
    await project.removeVolumes();
    return project;
  }

  /** Gives what the engine prints. */
  deploy(): Promise<string> {
    const files = ["compose/stack.yaml", "compose/stack-observability.yaml", ...this.#files];
    const named = files.map((file) => `--compose-file=${file}`);
    return runCommand(["docker", "stack", "deploy", "--resolve-image=never", ...named, this.name], {
      cwd: root,
      env: this.#env,
    });
  }

  scale(service: string, replicas: number): Promise<string> {
    return runCommand(["docker", "service", "scale", "--detach", `${this.name}_${service}=${replicas}`]);
  }

  /** Replaces all tasks of a service, so many at a time, and resolves when that is done. Rejects when it fails. */
  async replaceTasks(service: string, parallelism: number): Promise<void> {
    const name = `${this.name}_${service}`;
    const options = ["--detach", "--quiet", "--force", `--update-parallelism=${parallelism}`];
    await runCommand(["docker", "service", "update", ...options, name]);
    const inspect = ["docker", "service", "inspect", "--format={{json .UpdateStatus}}", name] as const;
    const { State, Message } = await eventually(`all tasks of ${name} are replaced`, 120_000, async () => {
      const update = updateSchema.parse(JSON.parse(await runCommand(inspect)));
      return update.State === "updating" ? undefined : update;
    });
    if (State !== "completed") throw new Error(`${name}: ${State}, ${Message}`);
  }

  /** Resolves when every service has as many healthy tasks as it wants. */
  async running(): Promise<void> {
    const list = ["docker", "service", "ls", `--filter=label=${stackLabel}=${this.name}`] as const;
    await eventually("all tasks run", 120_000, async () => {
      const counts = (await runCommand([...list, "--format={{.Replicas}}"])).trim().split("\n");
      const isComplete = (text: string) => /^(\d+)\/\1$/.test(text);
      return counts.every(isComplete) || undefined;
    });
  }

  /** What went wrong with tasks that have ended or could not begin. */
  async failures(): Promise<string[]> {
    const lines = await runCommand(["docker", "stack", "ps", "--no-trunc", "--format={{json .}}", this.name]);
    const tasks = lines
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => taskSchema.parse(JSON.parse(line)));
    return tasks
      .filter((task) => task.Error !== "" || /^(Failed|Rejected|Orphaned)/.test(task.CurrentState))
      .map((task) => `${task.Name} ${task.CurrentState} ${task.Error}`);
  }

  /** Of those that run, by service. */
  async containers(service: string): Promise<TaskContainer[]> {
    const filter = `--filter=label=com.docker.swarm.service.name=${this.name}_${service}`;
    const lines = await runCommand(["docker", "ps", "--no-trunc", filter, "--format={{.ID}} {{.Names}}"]);
    return lines
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => {
        const [id = "", name = ""] = line.split(" ");
        return { id, node: name.slice(0, name.lastIndexOf(".")) };
      });
  }

  /** Resolves when nothing of it is left but its volumes. */
  async remove(): Promise<void> {
    await runCommand(["docker", "stack", "rm", this.name]);
    await eventually(`nothing is left of ${this.name}`, 60_000, async () => {
      const left = await this.left();
      return left.length === 0 || undefined;
    });
  }

  /** What there is of it: services, networks, configs and containers, by kind and id. */
  async left(): Promise<string[]> {
    const filter = `--filter=label=${stackLabel}=${this.name}`;
    const lists = [
      ...kinds.map((kind) => [kind, "ls", "--quiet", filter]),
      ["container", "ls", "--all", "--quiet", filter],
    ];
    const found = await Promise.all(
      lists.map(async (list) => {
        const ids = (await runCommand(["docker", ...list])).split("\n").filter((id) => id !== "");
        return ids.map((id) => `${list[0]} ${id}`);
      }),
    );
    return found.flat();
  }

  /** Their names without the stack's. */
  async volumes(): Promise<string[]> {
    return (await this.#volumes()).map((name) => name.slice(this.name.length + 1)).sort();
  }

  async removeVolumes(): Promise<void> {
    const names = await this.#volumes();
    if (names.length > 0) await runCommand(["docker", "volume", "rm", ...names]);
  }

  async #volumes(): Promise<string[]> {
    const filter = `--filter=label=${stackLabel}=${this.name}`;
    const names = await runCommand(["docker", "volume", "ls", "--quiet", filter]);
    return names.split("\n").filter((name) => name !== "");
  }
}

function baseImage(): string[] {
  const { NODE_IMAGE } = process.env;
  return NODE_IMAGE === undefined ? [] : [`--build-arg=NODE_IMAGE=${NODE_IMAGE}`];
}

/** Those that are there. */
async function removeImages(tags: readonly string[]): Promise<void> {
  const ids = await runCommand(["docker", "image", "ls", "--format={{.Repository}}:{{.Tag}}"]);
  const present = tags.filter((tag) => ids.split("\n").includes(tag));
  if (present.length > 0) await runCommand(["docker", "image", "rm", ...present]);
}
