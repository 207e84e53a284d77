import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";

export interface ChildOptions {
  /** How messages call it. */
  readonly name: string;
  /** The program and its arguments. */
  readonly command: readonly [string, ...string[]];
  readonly cwd?: string;
  /** Added to this process's own environment. */
  readonly env?: Readonly<Record<string, string>>;
}

export type ChildErrorCode = "NOT_STARTED" | "EXITED" | "TIMEOUT";

/** A child process could not be started, ended too early, or did not say in time what was expected of it. */
export class ChildError extends Error {
  override readonly name = "ChildError";
  constructor(
    readonly code: ChildErrorCode,
    message: string,
  ) {
    super(message);
  }
}

export interface ExitStatus {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

const keptLines = 20_000;
const shownLines = 25;
const stopGraceMs = 5_000;

/** A child process that tells what it does in lines on its standard output. */
export class Child {
  /** When it was started, on the clock of `performance.now()`. */
  readonly startedMs = performance.now();
  readonly exited: Promise<ExitStatus>;
  /** Its last lines, both outputs mixed, for messages. */
  readonly #tail: string[] = [];
  readonly #lines: string[] = [];
  readonly #listeners = new Set<(line: string) => void>();
  #peakRssBytes = 0;

  private constructor(
    readonly name: string,
    readonly pid: number,
    private readonly process: ChildProcess,
  ) {
    this.exited = new Promise((resolve) => {
      process.once("close", (code, signal) => resolve({ code, signal }));
    });
    if (process.stdout) {
      createInterface({ input: process.stdout }).on("line", (line) => this.#hear(line));
    }
    if (process.stderr) {
      createInterface({ input: process.stderr }).on("line", (line) => this.#remember(line));
    }
  }

  static async start(options: ChildOptions): Promise<Child> {
    const [program, ...args] = options.command;
    const child = spawn(program, args, {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ...options.env },
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    });
    if (child.pid === undefined) {
      const [error] = await once(child, "error");
      throw new ChildError("NOT_STARTED", `${options.name} could not be started: ${String(error)}`);
    }
    return new Child(options.name, child.pid, child);
  }

  #remember(line: string): void {
    this.#tail.push(line);
    if (this.#tail.length > shownLines) this.#tail.shift();
  }

  #hear(line: string): void {
    this.#remember(line);
    this.#lines.push(line);
    if (this.#lines.length > keptLines) this.#lines.shift();
    for (const listener of this.#listeners) listener(line);
  }

  /** Every line of standard output so far, oldest first. */
  get lines(): readonly string[] {
    return this.#lines;
  }

  get running(): boolean {
    return this.process.exitCode === null && this.process.signalCode === null;
  }

  /** The last lines it printed, for a message to a person. */
  get lastWords(): string {
    return this.#tail.map((line) => `  ${this.name}| ${line}`).join("\n");
  }

  /**
   * The first line of standard output that `match` makes something of, past lines included.
   * `what` names it in the message of the {@link ChildError} that is thrown when the process ends or time runs out.
   */
  waitForLine<T>(what: string, timeoutMs: number, match: (line: string) => T | undefined): Promise<T> {
    for (const line of this.#lines) {
      const found = match(line);
      if (found !== undefined) return Promise.resolve(found);
    }
    return new Promise<T>((resolve, reject) => {
      const fail = (code: ChildErrorCode, how: string): void => {
        finish();
        reject(new ChildError(code, `${this.name}: ${how} before ${what}\n${this.lastWords}`));
      };
      const timer = setTimeout(() => fail("TIMEOUT", `${timeoutMs / 1000} s passed`), timeoutMs);
      const listener = (line: string): void => {
        const found = match(line);
        if (found === undefined) return;
        finish();
        resolve(found);
      };
      const onExit = (code: number | null, signal: NodeJS.Signals | null): void =>
        fail("EXITED", `ended with ${signal ?? `exit code ${code}`}`);
      const finish = (): void => {
        clearTimeout(timer);
        this.#listeners.delete(listener);
        this.process.off("close", onExit);
      };
      this.#listeners.add(listener);
      if (this.running) this.process.once("close", onExit);
      else onExit(this.process.exitCode, this.process.signalCode);
    });
  }

  /** The most memory that it had resident, from the kernel (VmHWM); once it has ended, the last value asked for. */
  peakRssBytes(): number {
    try {
      const peak = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${this.pid}/status`, "utf8"));
      if (peak?.[1] !== undefined) this.#peakRssBytes = Number(peak[1]) * 1024;
    } catch {
      // It has ended, or this system has no /proc.
    }
    return this.#peakRssBytes;
  }

  signal(signal: NodeJS.Signals): void {
    if (this.running) this.process.kill(signal);
  }

  /** SIGKILL. */
  kill(): void {
    this.signal("SIGKILL");
  }

  /** Asks it to end (SIGTERM), after 5 s makes it end (SIGKILL), and waits until it has. */
  async stop(): Promise<ExitStatus> {
    this.peakRssBytes();
    this.signal("SIGTERM");
    const timer = setTimeout(() => this.kill(), stopGraceMs);
    const status = await this.exited;
    clearTimeout(timer);
    return status;
  }
}
