import {
  type SelfLink,
  type SelfMeasurement,
  type SelfMeasurementAnswer,
  selfLinkSchema,
  selfMeasurementAnswerSchema,
  selfPaths,
} from "@swarmlab/agent-api/self-link";
import { type Link, parseLink } from "@swarmlab/scenario/link";
import { LinkError } from "@swarmlab/scenario/link-error";
import { orAborted } from "@swarmlab/telemetry/or-aborted";
import { z } from "zod";
import { AgentError } from "./agent-error.js";
import { agentOrigins } from "./agent-origins.js";

const TIMEOUT_MS = 10_000;
const MAX_ANSWER_BYTES = 64 * 1024;

/** What the agent says of our link; its text has been read. */
export type AssignedLink = Omit<SelfLink, "link"> & { readonly link: Link };

const errorBodySchema = z.object({ error: z.object({ message: z.string() }) });

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/**
 * What a peer says to its agent, past the link that it is about. With an agent on each of many hosts, one of them knows
 * this peer: that one is looked for, and asked until it is gone or knows us no more.
 * All methods reject with an AgentError, or the signal's reason.
 */
export class AgentClient {
  /** Where the agent is, for messages. */
  readonly url: string;
  readonly #origins: (url: string) => Promise<readonly string[]>;
  /** Of the agent that knows us; undefined while it is to be looked for. */
  #origin: string | undefined;

  /** `origins` gives those of all agents that a URL stands for. */
  constructor(url: string, origins = agentOrigins) {
    this.url = url.replace(/\/$/, "");
    this.#origins = origins;
  }

  /**
   * Our link; undefined when the agent had none in place in `waitSeconds`, or none newer than the revision `after`.
   */
  async link(
    waitSeconds: number,
    after: number | undefined,
    signal: AbortSignal,
  ): Promise<AssignedLink | undefined> {
    const { status, body } = await this.#askForLink(waitSeconds, after, signal);
    if (status === 204) return undefined;
    if (status === 409) throw new AgentError("LINK_NOT_IN_PLACE", `${this.url}: ${reasonOf(status, body)}`);
    this.#requireSuccess(status, body);
    const answer = selfLinkSchema.safeParse(body);
    if (!answer.success) throw this.#badAnswer(z.prettifyError(answer.error), answer.error);
    try {
      return { ...answer.data, link: parseLink(answer.data.link) };
    } catch (error) {
      if (error instanceof LinkError) throw this.#badAnswer(error.message, error);
      throw error;
    }
  }

  /** Tells what was measured; undefined when the link has another revision by now. */
  async report(
    measurement: SelfMeasurement,
    signal: AbortSignal,
  ): Promise<SelfMeasurementAnswer | undefined> {
    const origin = this.#origin ?? this.url;
    const { status, body } = await this.#ask(
      origin,
      "post",
      selfPaths.measurement,
      TIMEOUT_MS,
      measurement,
      signal,
    );
    if (status === 409) return undefined;
    this.#requireSuccess(status, body);
    const answer = selfMeasurementAnswerSchema.safeParse(body);
    if (!answer.success) throw this.#badAnswer(z.prettifyError(answer.error), answer.error);
    return answer.data;
  }

  /** Whoever does not know us, or does not answer, is not asked again without looking at the others. */
  async #askForLink(waitSeconds: number, after: number | undefined, signal: AbortSignal): Promise<Answer> {
    const timeoutMs = waitSeconds * 1000 + TIMEOUT_MS;
    const path = selfPaths.link(waitSeconds, after);
    const origin = this.#origin ?? (await this.#find(after, signal));
    this.#origin = undefined;
    const answer = await this.#ask(origin, "get", path, timeoutMs, undefined, signal);
    if (isKnowing(answer.status)) this.#origin = origin;
    return answer;
  }

  /** The origin of the only agent, or of the one among many that knows us; each is asked, and waits for nothing. */
  async #find(after: number | undefined, signal: AbortSignal): Promise<string> {
    const [only = this.url, ...others] = await this.#lookUp(signal);
    if (others.length === 0) return only;
    const found = new AbortController();
    const either = AbortSignal.any([signal, found.signal]);
    let doAnswer = 0;
    const path = selfPaths.link(0, after);
    const asked = [only, ...others].map(async (origin) => {
      const { status } = await this.#ask(origin, "get", path, TIMEOUT_MS, undefined, either);
      if (status < 500) doAnswer += 1;
      if (isKnowing(status)) return origin;
      throw new AgentError("UNKNOWN_NODE", `${origin} does not know this node`);
    });
    try {
      return await Promise.any(asked);
    } catch (cause) {
      signal.throwIfAborted();
      const code = doAnswer > 0 ? "UNKNOWN_NODE" : "AGENT_UNREACHABLE";
      const message = `of ${asked.length} agents at ${this.url} ${doAnswer} answer, and none knows this node`;
      throw new AgentError(code, message, { cause });
    } finally {
      found.abort();
    }
  }

  async #lookUp(signal: AbortSignal): Promise<readonly string[]> {
    try {
      const inTime = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
      return await orAborted(this.#origins(this.url), inTime);
    } catch (cause) {
      throw this.#unreachable(cause, signal);
    }
  }

  async #ask(
    origin: string,
    method: "get" | "post",
    path: string,
    timeoutMs: number,
    data: SelfMeasurement | undefined,
    signal: AbortSignal,
  ): Promise<Answer> {
    const { default: axios } = await import("axios");
    try {
      const response = await axios.request<ArrayBuffer>({
        method,
        url: origin + path,
        data,
        responseType: "arraybuffer",
        maxContentLength: MAX_ANSWER_BYTES,
        maxRedirects: 0,
        proxy: false,
        // A time-out of axios would begin only with the connection.
        signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
        validateStatus: () => true,
      });
      return { status: response.status, body: parseJson(response.data) };
    } catch (cause) {
      throw this.#unreachable(cause, signal);
    }
  }

  /** Throws the signal's reason instead when that is why. */
  #unreachable(cause: unknown, signal: AbortSignal): AgentError {
    signal.throwIfAborted();
    const reason = cause instanceof Error ? cause.message : String(cause);
    return new AgentError("AGENT_UNREACHABLE", `${this.url} cannot be asked: ${reason}`, { cause });
  }

  #requireSuccess(status: number, body: unknown): void {
    if (status >= 200 && status < 300) return;
    const code = status >= 500 ? "AGENT_UNREACHABLE" : status === 404 ? "UNKNOWN_NODE" : "AGENT_REFUSED";
    throw new AgentError(code, `${this.url}: ${reasonOf(status, body)}`);
  }

  #badAnswer(reason: string, cause: unknown): AgentError {
    return new AgentError("BAD_AGENT_ANSWER", `${this.url} does not answer as an agent: ${reason}`, {
      cause,
    });
  }
}

/** Whether an agent that answers so is the one that looks after us. */
function isKnowing(status: number): boolean {
  return status < 500 && status !== 404;
}

function reasonOf(status: number, body: unknown): string {
  const stated = errorBodySchema.safeParse(body);
  return stated.success ? stated.data.error.message : `HTTP status ${status}`;
}

function parseJson(body: ArrayBuffer): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString("utf8"));
  } catch {
    return undefined;
  }
}
