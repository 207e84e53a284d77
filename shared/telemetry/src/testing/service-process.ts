import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** A service as people start it, for tests; `Ready` is what it prints as JSON when it serves. */
export class ServiceProcess<Ready> {
  /** All of its standard output and standard error so far. */
  output = "";
  errors = "";
  /** Its exit code, once both streams have ended. */
  readonly exit: Promise<number | null>;
  readonly #child: ChildProcess;
  readonly #firstLine: Promise<string>;

  constructor(main: URL, args: readonly string[]) {
    const child = spawn(process.execPath, [fileURLToPath(main), ...args], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#child = child;
    const lines = createInterface({ input: child.stdout });
    lines.on("line", (line) => {
      this.output += `${line}\n`;
    });
    child.stderr.on("data", (chunk: Buffer) => {
      this.errors += chunk.toString();
    });
    this.exit = once(child, "close").then(([code]) => code);
    const ended = this.exit.then(() => Promise.reject(new Error(`it ended: ${this.errors}`)));
    this.#firstLine = Promise.race([once(lines, "line").then(([line]) => line), ended]);
    // Who waits for the exit only does not ask for the line.
    this.#firstLine.catch(() => undefined);
  }

  async ready(): Promise<Ready> {
    return JSON.parse(await this.#firstLine);
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** SIGKILL; harmless when it has ended. */
  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.exit;
  }
}
