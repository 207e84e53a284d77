import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { writeContent } from "../../content/write-content.js";
import { startOurTracker } from "../../nodes/our-tracker.js";
import { serviceProgram } from "../../nodes/services.js";
import type { TrackerServer } from "../../nodes/tracker.js";
import { Child } from "../../process/child.js";
import { loopback } from "../../process/host.js";
import { eventNamed, textField } from "../../process/json-lines.js";
import type { Scope } from "../../process/scope.js";
import { processCpuSeconds, processFigures } from "../system/process-figures.js";
import type { MeasuredPeer } from "./measured-peer.js";
import type { MeasuredSwarm, ServiceFigures, SwarmShape } from "./measured-swarm.js";
import { severalAtATime } from "./several-at-a-time.js";

export interface ProcessSwarmOptions {
  readonly scope: Scope;
  readonly shape: SwarmShape;
  /** An existing folder for all that the peers write. */
  readonly folder: string;
  readonly atATime: number;
  /** Flags of Node itself, for every peer. */
  readonly nodeFlags: readonly string[];
}

const contentName = "content";
const readyMs = 120_000;
const stopsAtATime = 20;

/** Every peer a process of this host, on loopback, behind the link that it emulates itself. */
export class ProcessSwarm implements MeasuredSwarm {
  readonly kind = "processes";
  readonly atATime: number;
  leechersFreeMs = 0;
  readonly #options: ProcessSwarmOptions;
  readonly #peers: Child[] = [];
  #tracker: TrackerServer | undefined;
  #leechers = 0;
  #isClosed = false;

  constructor(options: ProcessSwarmOptions) {
    this.#options = options;
    this.atATime = options.atATime;
  }

  get trackerUrl(): string {
    return this.#requireTracker().baseUrl;
  }

  async startServices(): Promise<void> {
    const { scope, folder, shape } = this.#options;
    const directory = join(folder, "tracker");
    await mkdir(directory);
    await writeContent(join(folder, contentName), shape.sizeBytes, "scale");
    // As often as Compose has it.
    this.#tracker = await startOurTracker({ scope, host: loopback, directory, intervalSeconds: 30 });
    scope.add({
      close: async () => {
        this.#isClosed = true;
        this.#goOn();
        await severalAtATime(stopsAtATime, this.#peers, (peer) => peer.stop());
      },
      closeNow: () => {
        for (const peer of this.#peers) peer.kill();
      },
    });
  }

  async startLeechers(total: number): Promise<MeasuredPeer[]> {
    const numbers = Array.from({ length: total - this.#leechers }, (_, index) => this.#leechers + index + 1);
    this.#leechers = total;
    return severalAtATime(this.atATime, numbers, async (number) => {
      const directory = join(this.#options.folder, `leecher-${number}`);
      await mkdir(directory);
      const peer = await this.#startPeer(
        `leecher-${number}`,
        "--role=leecher",
        `--torrent=${contentName}`,
        `--dir=${directory}`,
        "--wait-timeout=1h",
      );
      // Looking for the torrent all the time, hundreds would take the processors that the others start with.
      process.kill(peer.pid, "SIGSTOP");
      return peer;
    });
  }

  async startSeeder(): Promise<MeasuredPeer> {
    const content = join(this.#options.folder, contentName);
    const seeder = await this.#startPeer("seeder", "--role=seeder", `--file=${content}`);
    this.leechersFreeMs = Date.now();
    this.#goOn();
    return seeder;
  }

  cpuSeconds({ pid }: MeasuredPeer): Promise<number> {
    return processCpuSeconds(pid);
  }

  async containerBytes(): Promise<undefined> {
    return undefined;
  }

  async services(): Promise<Record<string, ServiceFigures>> {
    const { cpuSeconds, pssBytes } = await processFigures(this.#requireTracker().child.pid);
    return { tracker: { cpuSeconds, memoryBytes: pssBytes } };
  }

  #goOn(): void {
    for (const peer of this.#peers) peer.signal("SIGCONT");
  }

  async #startPeer(name: string, ...flags: readonly string[]): Promise<MeasuredPeer> {
    if (this.#isClosed) throw new Error("the swarm was ended");
    const { shape, nodeFlags } = this.#options;
    const child = await Child.start({
      name,
      command: [
        process.execPath,
        ...nodeFlags,
        serviceProgram("peer"),
        `--name=${name}`,
        `--tracker=${this.trackerUrl}`,
        "--listen=127.0.0.1:0",
        "--control=127.0.0.1:0",
        `--link=${shape.link}`,
        "--log-level=warn",
        "--json",
        ...flags,
      ],
    });
    this.#peers.push(child);
    const ready = await child.waitForLine("it was ready", readyMs, eventNamed("ready"));
    const startSeconds = (performance.now() - child.startedMs) / 1000;
    const startCpuSeconds = await processCpuSeconds(child.pid);
    return { pid: child.pid, controlUrl: textField(ready, "control"), startSeconds, startCpuSeconds };
  }

  #requireTracker(): TrackerServer {
    if (this.#tracker === undefined) throw new Error("the tracker was not started yet");
    return this.#tracker;
  }
}
