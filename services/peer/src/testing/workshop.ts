import { createHash } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { AgentServer } from "./agent-server.js";
import { NodeProcess, type NodeProcessOptions } from "./node-process.js";

/** A temporary folder and processes; all of them are gone after `close`. */
export class Workshop {
  readonly directory: string;
  readonly #processes: NodeProcess[] = [];
  readonly #agents: AgentServer[] = [];

  static async open(): Promise<Workshop> {
    return new Workshop(await mkdtemp(join(tmpdir(), "swarmlab-peer-")));
  }

  private constructor(directory: string) {
    this.directory = directory;
  }

  path(...names: string[]): string {
    return join(this.directory, ...names);
  }

  /** Writes a file whose bytes follow from its name; returns its path and content. */
  async file(name: string, sizeBytes: number): Promise<{ path: string; bytes: Buffer }> {
    const block = createHash("sha256").update(name).digest();
    const bytes = Buffer.alloc(sizeBytes);
    for (let i = 0; i < sizeBytes; i++) bytes[i] = (block[i % 32] ?? 0) ^ (i >> 8) ^ (i >> 16);
    const path = this.path(name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, bytes);
    return { path, bytes };
  }

  peer(...args: string[]): NodeProcess {
    return this.#own(NodeProcess.peer(args));
  }

  /** A peer that is started in another way than most. */
  otherPeer(options: NodeProcessOptions, ...args: string[]): NodeProcess {
    return this.#own(NodeProcess.peer(args, options));
  }

  tracker(...args: string[]): NodeProcess {
    return this.otherTracker({}, ...args);
  }

  otherTracker(options: NodeProcessOptions, ...args: string[]): NodeProcess {
    return this.#own(NodeProcess.tracker(this.path("tracker"), args, options));
  }

  /** An agent in this process, which knows nobody yet. */
  async agent(): Promise<AgentServer> {
    const agent = await AgentServer.start();
    this.#agents.push(agent);
    return agent;
  }

  async close(): Promise<void> {
    for (const process of this.#processes) process.kill("SIGKILL");
    await Promise.all(this.#processes.map((process) => process.exitCode()));
    await Promise.all(this.#agents.map((agent) => agent.close()));
    await rm(this.directory, { recursive: true, force: true });
  }

  #own(process: NodeProcess): NodeProcess {
    this.#processes.push(process);
    return process;
  }
}

/** The body of a test that has a workshop of its own. */
export function inWorkshop(task: (workshop: Workshop) => Promise<void>): () => Promise<void> {
  return async () => {
    const workshop = await Workshop.open();
    try {
      await task(workshop);
    } finally {
      await workshop.close();
    }
  };
}
