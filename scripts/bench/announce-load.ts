import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { cacheFolder } from "../foreign/cached-packages.js";
import { findProgram } from "../process/find-program.js";
import { commandOn, type Host } from "../process/host.js";
import { numberField, parseRecord } from "../process/json-lines.js";
import type { Scope } from "../process/scope.js";

const sources = fileURLToPath(new URL("announce-load", import.meta.url));

/** What the generator saw of a tracker. */
export interface LoadResults {
  /** Answers that carry exactly the wanted number of different peers of the right swarm. */
  readonly validPerSecond: number;
  readonly valid: number;
  readonly wrong: number;
  readonly refused: number;
  /** Unanswered for a second (UDP). */
  readonly lost: number;
  /** HTTP connections that the tracker closed after an answer. */
  readonly reconnects: number;
  readonly medianMs: number;
  readonly p99Ms: number;
  /** Of one core; near 1, the generator is the bottleneck and not the tracker. */
  readonly generatorCpuShare: number;
}

export interface SwarmShape {
  readonly torrents: number;
  /** Peers in every swarm. */
  readonly peers: number;
  /** Peers that are asked for, and that an answer has to carry. */
  readonly wanted: number;
}

/** The generator of announces (`announce-load/`, in C: Node could not ask as fast as the trackers answer). */
export class AnnounceLoad {
  private constructor(
    private readonly program: string,
    private readonly scope: Scope,
    private readonly host: Host,
    private readonly shape: SwarmShape,
  ) {}

  /** Compiles it. `host` says on which core it runs. */
  static build(scope: Scope, host: Host, shape: SwarmShape): AnnounceLoad {
    if (!findProgram("gcc")) throw new Error("gcc is missing (Debian's packages gcc and libc6-dev)");
    mkdirSync(cacheFolder, { recursive: true });
    const program = join(cacheFolder, "announce-load");
    const files = readdirSync(sources).filter((name) => name.endsWith(".c"));
    execFileSync("gcc", ["-O2", "-Wall", "-o", program, ...files], { cwd: sources, stdio: "inherit" });
    return new AnnounceLoad(program, scope, host, shape);
  }

  /** The info hashes of all torrents, in hexadecimal. */
  infoHashes(): string[] {
    const text = execFileSync(this.program, ["hashes", `${this.shape.torrents}`], {
      encoding: "latin1",
      maxBuffer: 41 * this.shape.torrents + 1,
    });
    return text.trim().split("\n");
  }

  /** Announces every peer of every swarm once, over UDP. */
  fill(udpPort: number): Promise<LoadResults> {
    return this.#run("udp", udpPort, 128, "fill", 1_200_000);
  }

  /** Announces random peers of random swarms for `seconds`, with `window` announces under way at a time. */
  measure(mode: "udp" | "http", port: number, window: number, seconds: number): Promise<LoadResults> {
    return this.#run(mode, port, window, `${seconds}`, (seconds + 30) * 1000);
  }

  async #run(
    mode: string,
    port: number,
    window: number,
    what: string,
    timeoutMs: number,
  ): Promise<LoadResults> {
    const { torrents, peers, wanted } = this.shape;
    const child = await this.scope.start({
      name: `announce-load ${mode}`,
      command: commandOn(
        this.host,
        this.program,
        mode,
        ...[port, torrents, peers, wanted, window].map(String),
        what,
      ),
    });
    const results = await child.waitForLine("its results", timeoutMs, parseRecord);
    return {
      validPerSecond: numberField(results, "validPerSecond"),
      valid: numberField(results, "valid"),
      wrong: numberField(results, "wrong"),
      refused: numberField(results, "refused"),
      lost: numberField(results, "lost"),
      reconnects: numberField(results, "reconnects"),
      medianMs: numberField(results, "medianMs"),
      p99Ms: numberField(results, "p99Ms"),
      generatorCpuShare: numberField(results, "generatorCpuShare"),
    };
  }
}
