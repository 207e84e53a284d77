import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { z } from "zod";
import { MeasurementError } from "./measurement-error.js";

/** The same file, seen from the sources and from the build. */
const program = fileURLToPath(new URL("../../dist/measurement/rate-endpoint.js", import.meta.url));

/** One end of a flood while it runs: `rate-endpoint.ts`, here or in another network namespace. */
export class RateProcess {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #onAbort: () => void;
  readonly #signal: AbortSignal;
  #errors = "";

  /** `namespace` is a file such as `/proc/PID/ns/net`; undefined is this process's own. */
  constructor(namespace: string | undefined, args: readonly (string | number)[], signal: AbortSignal) {
    const [command = "", ...rest] = [
      ...(namespace === undefined ? [] : ["nsenter", `--net=${namespace}`, "--"]),
      process.execPath,
      program,
      ...args.map(String),
    ];
    const child = spawn(command, rest, { stdio: ["pipe", "pipe", "pipe"] });
    this.#child = child;
    this.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    child.stderr.on("data", (chunk: Buffer) => {
      this.#errors = (this.#errors + chunk.toString()).slice(0, 2000);
    });
    child.stdin.on("error", () => undefined);
    child.on("error", (error) => {
      this.#errors = error.message;
    });
    this.#signal = signal;
    this.#onAbort = () => void child.kill("SIGKILL");
    signal.addEventListener("abort", this.#onAbort);
  }

  /** What it prints next. Rejects with a MeasurementError. */
  async answer<T>(schema: z.ZodType<T>): Promise<T> {
    const { value, done } = await this.#lines.next();
    this.#signal.throwIfAborted();
    if (done === true) {
      throw new MeasurementError("NO_FLOOD", `the rate could not be measured: ${this.#errors.trim()}`);
    }
    return schema.parse(JSON.parse(value));
  }

  /** Asks it to end; it may still answer. */
  end(): void {
    this.#child.stdin?.end();
  }

  /** Resolves when it is gone, at once. */
  async close(): Promise<void> {
    this.#signal.removeEventListener("abort", this.#onAbort);
    if (this.#child.exitCode !== null || this.#child.signalCode !== null || this.#child.pid === undefined)
      return;
    const gone = once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    await gone;
  }
}
