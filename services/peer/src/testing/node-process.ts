import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const PEER = fileURLToPath(new URL("../../dist/main.js", import.meta.url));
const TRACKER = fileURLToPath(new URL("../../../tracker/dist/main.js", import.meta.url));
const PATIENCE_MS = 10_000;

/** One line of standard output. */
export type Line = Readonly<Record<string, unknown>>;

/** A peer or tracker in a process of its own that prints JSON lines. */
export class NodeProcess {
  /** What it printed so far. */
  readonly lines: Line[] = [];
  /** Its log and error messages so far. */
  errorText = "";
  readonly #child: ChildProcess;
  readonly #exit: Promise<number | null>;
  readonly #listeners = new Set<() => void>();
  #hasEnded = false;

  /** Starts `swarmlab-peer` with these arguments. */
  static peer(args: readonly string[], env: Readonly<Record<string, string>> = {}): NodeProcess {
    return new NodeProcess([PEER, "--json", ...args], env);
  }

  /** Starts `swarmlab-tracker` on loopback. */
  static tracker(dataDirectory: string, args: readonly string[] = []): NodeProcess {
    const listen = args.includes("--listen") ? [] : ["--listen", "127.0.0.1:0"];
    return new NodeProcess([TRACKER, "--json", "--data", dataDirectory, ...listen, ...args], {});
  }

  private constructor(command: readonly string[], env: Readonly<Record<string, string>>) {
    const child = spawn(process.execPath, command, {
      stdio: ["ignore", "pipe", "pipe"],
      env: { PATH: process.env.PATH, ...env },
    });
    this.#child = child;
    createInterface({ input: child.stdout }).on("line", (text) => {
      this.lines.push(JSON.parse(text));
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
    this.#child.kill(signal);
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
