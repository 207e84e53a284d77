import { spawnSync } from "node:child_process";
import { readdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { runCommand } from "../../e2e-docker/command.js";
import { eventually } from "../../e2e-docker/compose-project.js";
import { freePort } from "../../process/host.js";
import type { Scope } from "../../process/scope.js";
import { cgroupFigures } from "../system/cgroup-figures.js";
import { type MeasuredPeer, peerState } from "./measured-peer.js";
import type { MeasuredSwarm, ServiceFigures, SwarmShape } from "./measured-swarm.js";
import { severalAtATime } from "./several-at-a-time.js";

export interface ContainerSwarmOptions {
  readonly scope: Scope;
  readonly shape: SwarmShape;
  /** Of the Compose project. */
  readonly name: string;
  /** Whether Prometheus watches, as `docker compose up` has it. */
  readonly isWatched: boolean;
}

const root = fileURLToPath(new URL("../../..", import.meta.url));
const startMs = 900_000;
const downMs = 120_000;
const asksAtATime = 16;

const inspectedSchema = z.array(
  z.object({
    Id: z.string(),
    State: z.object({ Pid: z.number(), StartedAt: z.string(), Running: z.boolean() }),
    NetworkSettings: z.object({ Networks: z.record(z.string(), z.object({ IPAddress: z.string() })) }),
  }),
);
type Inspected = z.infer<typeof inspectedSchema>[number];

/** Every peer a container of this checkout's Compose project, on this host's engine. Needs root. */
export class ContainerSwarm implements MeasuredSwarm {
  readonly kind = "containers";
  readonly atATime = null;
  readonly leechersFreeMs = 0;
  readonly trackerUrl: string;
  readonly #options: ContainerSwarmOptions;
  readonly #env: Readonly<Record<string, string>>;
  readonly #known = new Set<string>();

  private constructor(options: ContainerSwarmOptions, trackerPort: number, otherPorts: readonly number[]) {
    const [agentPort, prometheusPort] = otherPorts;
    this.#options = options;
    this.trackerUrl = `http://127.0.0.1:${trackerPort}`;
    this.#env = {
      COMPOSE_PROJECT_NAME: options.name,
      COMPOSE_PROGRESS: "plain",
      TRACKER_PORT: `${trackerPort}`,
      AGENT_PORT: `${agentPort}`,
      PROMETHEUS_PORT: `${prometheusPort}`,
      CONTENT_SIZE: `${options.shape.sizeBytes}`,
      LEECHER_LINK: options.shape.link,
      SEEDER_LINK: options.shape.link,
      LEECHERS: `${options.shape.peers - 1}`,
    };
  }

  /** The scope removes all that the project makes. */
  static async open(options: ContainerSwarmOptions): Promise<ContainerSwarm> {
    await assertNothingShared();
    const ports = [await freePort(), await freePort()];
    const swarm = new ContainerSwarm(options, await freePort(), ports);
    options.scope.add({ close: () => swarm.#down(), closeNow: () => swarm.#downNow() });
    await swarm.#down();
    return swarm;
  }

  async startServices(): Promise<void> {
    await this.#up("tracker", "agent", ...(this.#options.isWatched ? ["prometheus"] : []));
  }

  async startLeechers(total: number): Promise<MeasuredPeer[]> {
    await this.#up("--no-recreate", "--scale", `leecher=${total}`, "leecher");
    return this.#newPeers("leecher", total);
  }

  async startSeeder(): Promise<MeasuredPeer> {
    // Without the scale, Compose would bring the leechers to LEECHERS again; --no-deps leaves them alone.
    await this.#up("--no-recreate", "--no-deps", "seeder");
    const [seeder] = await this.#newPeers("seeder", 1);
    if (seeder === undefined) throw new Error("there is no seeder");
    return seeder;
  }

  async cpuSeconds({ pid }: MeasuredPeer): Promise<number> {
    return (await cgroupFigures(pid)).cpuSeconds;
  }

  async containerBytes({ pid }: MeasuredPeer): Promise<number> {
    return (await cgroupFigures(pid)).memoryBytes;
  }

  async services(): Promise<Record<string, ServiceFigures>> {
    const names = ["tracker", "agent", ...(this.#options.isWatched ? ["prometheus"] : [])];
    const figures = await Promise.all(
      names.map(async (name) => {
        const [container] = await this.#containers(name);
        return [name, await cgroupFigures(container?.State.Pid ?? 0)] as const;
      }),
    );
    return Object.fromEntries(figures);
  }

  /** Peers of a service that were not given out before, as soon as there are `total` of them and all are ready. */
  async #newPeers(service: string, total: number): Promise<MeasuredPeer[]> {
    const fresh = await eventually(`${total} ${service}s run`, startMs, async () => {
      const running = (await this.#containers(service)).filter(({ State }) => State.Running);
      return running.length < total ? undefined : running.filter(({ Id }) => !this.#known.has(Id));
    });
    for (const { Id } of fresh) this.#known.add(Id);
    return severalAtATime(asksAtATime, fresh, (container) =>
      eventually(`a ${service} is ready`, startMs, () => this.#peer(container)),
    );
  }

  async #peer({ State, NetworkSettings }: Inspected): Promise<MeasuredPeer> {
    const address = NetworkSettings.Networks[`${this.#options.name}_control`]?.IPAddress;
    const controlUrl = `http://${address}:9100`;
    const { uptimeSeconds } = await peerState({ controlUrl });
    const { cpuSeconds } = await cgroupFigures(State.Pid);
    const readyAtMs = Date.now() - uptimeSeconds * 1000;
    return {
      pid: State.Pid,
      controlUrl,
      startSeconds: (readyAtMs - Date.parse(State.StartedAt)) / 1000,
      // Later it has done other things as well.
      ...(uptimeSeconds < 2 && { startCpuSeconds: cpuSeconds }),
    };
  }

  async #containers(service: string): Promise<Inspected[]> {
    const filters = [`project=${this.#options.name}`, `service=${service}`];
    const ids = await runCommand([
      "docker",
      "ps",
      "--quiet",
      ...filters.map((filter) => `--filter=label=com.docker.compose.${filter}`),
    ]);
    const list = ids.split("\n").filter((id) => id !== "");
    if (list.length === 0) return [];
    return inspectedSchema.parse(JSON.parse(await runCommand(["docker", "inspect", ...list])));
  }

  async #up(...args: readonly string[]): Promise<void> {
    await this.#compose(["up", "--detach", ...args]);
  }

  /** The engine of a busy host may still hold a network that it has just taken the last container from. */
  #down(): Promise<void> {
    return eventually("all containers and networks are removed", downMs, async () => {
      await this.#compose(["down", "--volumes", "--timeout", "2"]);
      return true;
    }).then(() => {});
  }

  async #compose(args: readonly string[]): Promise<void> {
    await runCommand(["docker", "compose", ...args], { cwd: root, env: this.#env, timeoutMs: startMs });
  }

  /** While this process ends, which waits for nothing. */
  #downNow(): void {
    spawnSync("docker", ["compose", "down", "--volumes", "--timeout", "0"], {
      cwd: root,
      env: { ...process.env, ...this.#env },
      stdio: "ignore",
    });
  }
}

/** What somebody has put into content/ would be shared instead of content of the wanted size. */
async function assertNothingShared(): Promise<void> {
  const names = await readdir(`${root}/content`);
  if (names.some((name) => !name.startsWith(".") && name !== "README.md")) {
    throw new Error("content/ holds files of your own, which would be shared instead: move them away first");
  }
}
