import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { nodeFlags } from "./node-flags.js";
import { builtProgram } from "./programs.js";
import type { NodeExit, NodeSpec, Runner, RunningNode } from "./runner.js";

const STOP_GRACE_MS = 2000;
const KEPT_LOG_LINES = 12;
const MAX_LOG_LINE_LENGTH = 500;

/** Runs every node as a process of its own on this host. */
export const processRunner: Runner = { start: (spec, onLine) => new ProcessNode(spec, onLine) };

class ProcessNode implements RunningNode {
  readonly name: string;
  readonly exited: Promise<NodeExit>;
  readonly #child: ChildProcess;
  readonly #lastLogLines: string[] = [];

  constructor(spec: NodeSpec, onLine: (line: string) => void) {
    this.name = spec.name;
    const program = fileURLToPath(builtProgram(spec.program));
    this.#child = spawn(
      process.execPath,
      [...nodeFlags, "--import", builtProgram("lifeline").href, program, ...spec.flags],
      {
        stdio: ["ignore", "pipe", "pipe", "ipc"],
        // In a process group of its own, so that Ctrl-C reaches the lab alone, which then stops the nodes in order.
        detached: process.platform !== "win32",
        windowsHide: true,
      },
    );
    this.exited = new Promise((resolve) => {
      this.#child.once("close", (code, signal) => resolve({ code, signal }));
      // Not started at all; `close` does not follow in every case.
      this.#child.once("error", (error) => {
        this.#keep(String(error));
        if (this.#child.pid === undefined) resolve({ code: 1, signal: null });
      });
    });
    const { stdout, stderr } = this.#child;
    if (stdout) createInterface({ input: stdout }).on("line", onLine);
    if (stderr) createInterface({ input: stderr }).on("line", (line) => this.#keep(line));
  }

  get lastLogLines(): readonly string[] {
    return this.#lastLogLines;
  }

  async stop(): Promise<void> {
    this.#signal("SIGTERM");
    const timer = setTimeout(() => this.kill(), STOP_GRACE_MS);
    await this.exited;
    clearTimeout(timer);
  }

  kill(): void {
    this.#signal("SIGKILL");
  }

  #signal(signal: NodeJS.Signals): void {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill(signal);
  }

  #keep(line: string): void {
    this.#lastLogLines.push(line.slice(0, MAX_LOG_LINE_LENGTH));
    if (this.#lastLogLines.length > KEPT_LOG_LINES) this.#lastLogLines.shift();
  }
}
