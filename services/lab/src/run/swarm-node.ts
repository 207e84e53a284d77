import { EventEmitter, once } from "node:events";
import { formatLine } from "@swarmlab/telemetry/log-line";
import type { z } from "zod";
import type { NodeSpec, Runner, RunningNode } from "../runner/runner.js";
import { RunError } from "./run-error.js";

type AnyEvent = { readonly event: string };
type EventOf<Event extends AnyEvent, Name extends Event["event"]> = Extract<Event, { event: Name }>;

/** An event, and when it was heard on the clock of `performance.now()`. */
export interface Heard<Event> {
  readonly event: Event;
  readonly atMs: number;
}

export interface SwarmNodeOptions<Event extends AnyEvent> {
  readonly runner: Runner;
  readonly spec: NodeSpec;
  readonly schema: z.ZodType<Event>;
  readonly onEvent?: (event: Event) => void;
  /** Called at most once: the node ended by itself or cannot be understood. */
  readonly onFailure: (error: RunError) => void;
}

/** A node of a swarm that is running: what it has said, and whether it is still there. */
export class SwarmNode<Event extends AnyEvent> {
  readonly name: string;
  readonly #running: RunningNode;
  readonly #options: SwarmNodeOptions<Event>;
  readonly #latest = new Map<string, Heard<Event>>();
  readonly #news = new EventEmitter();
  #awaited: string | undefined;
  #isExpectedToEnd = false;

  constructor(options: SwarmNodeOptions<Event>) {
    this.#options = options;
    this.name = options.spec.name;
    this.#running = options.runner.start(options.spec, (line) => this.#hear(line));
    void this.#running.exited.then(({ code, signal }) => {
      this.#fail(`ended with ${signal ?? `exit code ${code}`} before the run was over`);
    });
  }

  /** The latest event of that name so far. */
  latest<Name extends Event["event"]>(name: Name): Heard<EventOf<Event, Name>> | undefined {
    const heard = this.#latest.get(name);
    return heard !== undefined && isNamed(heard, name) ? heard : undefined;
  }

  /** The latest event of that name, or the first one to come. Rejects with the signal's reason. */
  async heard<Name extends Event["event"]>(
    name: Name,
    signal: AbortSignal,
  ): Promise<Heard<EventOf<Event, Name>>> {
    for (;;) {
      signal.throwIfAborted();
      const heard = this.latest(name);
      this.#awaited = heard === undefined ? name : undefined;
      if (heard !== undefined) return heard;
      await once(this.#news, "event", { signal }).catch(() => signal.throwIfAborted());
    }
  }

  /** The event that someone waits for at the moment. */
  get awaited(): string | undefined {
    return this.#awaited;
  }

  async stop(): Promise<void> {
    this.#isExpectedToEnd = true;
    await this.#running.stop();
  }

  kill(): void {
    this.#isExpectedToEnd = true;
    this.#running.kill();
  }

  /** Its last log lines, for a message to a person; empty when it has logged nothing. */
  get lastWords(): string {
    return this.#running.lastLogLines.map((line) => `\n  ${this.name}| ${readableLogLine(line)}`).join("");
  }

  #hear(line: string): void {
    const parsed = this.#options.schema.safeParse(parseJson(line));
    if (!parsed.success) {
      const isOfNoInterest = parsed.error.issues.some(({ path }) => path[0] === "event" || path.length === 0);
      if (!isOfNoInterest) this.#fail(`said something that makes no sense: ${line}`);
      return;
    }
    const event = parsed.data;
    this.#latest.set(event.event, { event, atMs: performance.now() });
    this.#options.onEvent?.(event);
    this.#news.emit("event");
  }

  #fail(what: string): void {
    if (this.#isExpectedToEnd) return;
    this.#isExpectedToEnd = true;
    const error = this.#latest.get("error")?.event;
    const reason = error !== undefined && "message" in error ? `: ${error.message}` : "";
    this.#options.onFailure(new RunError("NODE_FAILED", `${this.name} ${what}${reason}${this.lastWords}`));
  }
}

function isNamed<Event extends AnyEvent, Name extends Event["event"]>(
  heard: Heard<Event>,
  name: Name,
): heard is Heard<EventOf<Event, Name>> {
  return heard.event.event === name;
}

/** Nodes log JSON; what is none, such as a stack trace, stays as it is. */
function readableLogLine(line: string): string {
  try {
    return formatLine(line).trimEnd();
  } catch {
    return line;
  }
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
