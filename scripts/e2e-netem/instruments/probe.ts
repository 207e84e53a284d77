import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Arrival, Flow, ProbeAnswer, ProbeRequest, StreamRead } from "./probe-messages.js";

const program = fileURLToPath(new URL("probe-program.ts", import.meta.url));

/** A process in a network namespace that sends and receives, and says what it saw. */
export class Probe {
  readonly #child: ChildProcess;
  readonly #answers: AsyncIterator<string>;
  #last: Promise<unknown> = Promise.resolve();

  private constructor(child: ChildProcess, lines: AsyncIterable<string>) {
    this.#child = child;
    this.#answers = lines[Symbol.asyncIterator]();
  }

  static async start(namespacePath: string): Promise<Probe> {
    const node = [process.execPath, "--import", "tsx", program];
    const child = spawn("nsenter", [`--net=${namespacePath}`, "--", ...node], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    const probe = new Probe(child, createInterface({ input: child.stdout }));
    await probe.#nextAnswer();
    return probe;
  }

  async close(): Promise<void> {
    this.#child.kill();
    if (this.#child.exitCode === null && this.#child.signalCode === null) await once(this.#child, "exit");
  }

  async receive(port: number): Promise<void> {
    await this.#ask({ do: "receive", port });
  }

  async arrivals(port: number): Promise<Arrival[]> {
    const answer = await this.#ask({ do: "report", port });
    if (answer.answer !== "arrivals") throw new TypeError(`no arrivals but ${answer.answer}`);
    return answer.sequences.map((sequence, index) => ({
      sequence,
      delayMs: answer.delaysMs[index] ?? Number.NaN,
    }));
  }

  /** Begins to send; a probe sends one flow at a time. */
  async startFlow(address: string, port: number, flow: Flow): Promise<void> {
    await this.#ask({ do: "start", address, port, ...flow });
  }

  /** Ends an endless flow, or waits for the end of one that has an end; gives how many datagrams were sent. */
  async endFlow(): Promise<number> {
    const answer = await this.#ask({ do: "stop" });
    if (answer.answer !== "sent") throw new TypeError(`nothing sent but ${answer.answer}`);
    return answer.packets;
  }

  async sink(address: string, port: number): Promise<void> {
    await this.#ask({ do: "sink", address, port });
  }

  async stream(address: string, port: number, forMs: number): Promise<void> {
    await this.#ask({ do: "stream", address, port, forMs });
  }

  async streamReads(port: number): Promise<readonly StreamRead[]> {
    const answer = await this.#ask({ do: "reads", port });
    if (answer.answer !== "reads") throw new TypeError(`no reads but ${answer.answer}`);
    return answer.reads;
  }

  #ask(request: ProbeRequest): Promise<ProbeAnswer> {
    const asked = this.#last.then(() => {
      this.#child.stdin?.write(`${JSON.stringify(request)}\n`);
      return this.#nextAnswer();
    });
    this.#last = asked.catch(() => {});
    return asked;
  }

  async #nextAnswer(): Promise<ProbeAnswer> {
    const { value, done } = await this.#answers.next();
    if (done) throw new Error("the probe has ended");
    // Answers come from our own program.
    const answer: ProbeAnswer = JSON.parse(value);
    if (answer.answer === "failed") throw new Error(`probe: ${answer.message}`);
    return answer;
  }
}
