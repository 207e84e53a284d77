import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const PEER = fileURLToPath(new URL("../../dist/main.js", import.meta.url));
const TRACKER = fileURLToPath(new URL("../../../tracker/dist/main.js", import.meta.url));
const IN_CONTAINER = fileURLToPath(new URL("./in-container.sh", import.meta.url));
const PATIENCE_MS = 10_000;

/** One line of standard output. */
export type Line = Readonly<Record<string, unknown>>;

/** What is different for a program in a container. */
export interface Container {
  /** Files in place of those in /etc. */
  readonly hosts: string;
  readonly resolvConf: string;
  /** The one folder that is not read-only. */
  readonly writable: string;
}

export interface NodeProcessOptions {
  /** Flags of Node.js itself. */
  readonly nodeFlags?: readonly string[];
  /** Makes it process 1 of namespaces of its own, as in a container. */
  readonly container?: Container;
  /** Default: it prints JSON lines. */
  readonly isPlain?: boolean;
  readonly env?: Readonly<Record<string, string>>;
  readonly directory?: string;
}

/** A peer or tracker in a process of its own. */
export class NodeProcess {
  /** The JSON lines that it printed so far. */
  readonly lines: Line[] = [];
  /** Its standard output so far. */
  outputText = "";
  /** Its log and error messages so far. */
  errorText = "";
  readonly #child: ChildProcess;
  readonly #exit: Promise<number | null>;
  readonly #listeners = new Set<() => void>();
  #hasEnded = false;

  readonly #isInContainer: boolean;

  /** Starts `swarmlab-peer` with these arguments. */
  static peer(args: readonly string[], options: NodeProcessOptions = {}): NodeProcess {
    return new NodeProcess(PEER, args, options);
  }

  /** Starts `swarmlab-tracker` on loopback. */
  static tracker(
    dataDirectory: string,
    args: readonly string[] = [],
    options: NodeProcessOptions = {},
  ): NodeProcess {
    const listen = args.includes("--listen") ? [] : ["--listen", "127.0.0.1:0"];
    return new NodeProcess(TRACKER, ["--data", dataDirectory, ...listen, ...args], options);
  }

  private constructor(program: string, args: readonly string[], options: NodeProcessOptions) {
    const { nodeFlags = [], container, isPlain = false, env = {}, directory } = options;
    const [command = "", ...rest] = [
      ...(container === undefined
        ? []
        : [IN_CONTAINER, container.hosts, container.resolvConf, container.writable]),
      ...[process.execPath, ...nodeFlags, program, ...(isPlain ? [] : ["--json"]), ...args],
    ];
    const child = spawn(command, rest, {
      stdio: ["ignore", "pipe", "pipe"],
      env: { PATH: process.env.PATH, ...env },
      cwd: directory,
    });
    this.#child = child;
    this.#isInContainer = container !== undefined;
    createInterface({ input: child.stdout }).on("line", (text) => {
      this.outputText += `${text}\n`;
      if (text.startsWith("{")) this.lines.push(JSON.parse(text));
      this.#tell();
    });
    child.stderr.on("data", (chunk) => {
      this.errorText += chunk;
      this.#tell();
    });
    this.#exit = once(child, "close").then(([code]) => {
      this.#hasEnded = true;
      this.#tell();
      return code;
    });
  }

  /** The first line of this event, whether it came already or not. Rejects when the process ends without it. */
  event(name: string, accepts: (line: Line) => boolean = () => true): Promise<Line> {
    return this.#until(`the event "${name}"`, () =>
      this.lines.find((line) => line.event === name && accepts(line)),
    );
  }

  /** Resolves when its log has this text in it. */
  async logged(text: string): Promise<void> {
    await this.#until(`"${text}" in the log`, () => this.errorText.includes(text) || undefined);
  }

  /** A text field of the first line of an event. */
  async text(name: string, field: string): Promise<string> {
    return String((await this.event(name))[field]);
  }

  names(): unknown[] {
    return this.lines.map((line) => line.event);
  }

  /** Resolves with the exit code; null when a signal ended it. */
  exitCode(): Promise<number | null> {
    return this.#exit;
  }

  kill(signal: NodeJS.Signals): void {
    const { pid } = this.#child;
    if (!this.#isInContainer || signal === "SIGKILL" || pid === undefined) {
      this.#child.kill(signal);
      return;
    }
    const inner = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8");
    if (inner !== "") process.kill(Number(inner), signal);
  }

  /** SIGTERM, and its exit code. */
  stop(): Promise<number | null> {
    this.kill("SIGTERM");
    return this.exitCode();
  }

  /** Closes our end of its standard output. */
  closeOutput(): void {
    this.#child.stdout?.destroy();
  }

  #until<T>(what: string, find: () => T | undefined): Promise<T> {
    return new Promise((resolve, reject) => {
      const fail = (how: string) => {
        finish();
        reject(new Error(`${how} without ${what}: ${JSON.stringify(this.lines)}\n${this.errorText}`));
      };
      const look = () => {
        const found = find();
        if (found !== undefined) {
          finish();
          resolve(found);
        } else if (this.#hasEnded) fail("it ended");
      };
      const timer = setTimeout(() => fail("time is up"), PATIENCE_MS);
      const finish = () => {
        clearTimeout(timer);
        this.#listeners.delete(look);
      };
      this.#listeners.add(look);
      look();
    });
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}
