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
import { z } from "zod";
import { AgentError } from "./agent-error.js";

const TIMEOUT_MS = 10_000;
const MAX_ANSWER_BYTES = 64 * 1024;

/** What the agent says of our link; its text has been read. */
export type AssignedLink = Omit<SelfLink, "link"> & { readonly link: Link };

const errorBodySchema = z.object({ error: z.object({ message: z.string() }) });

/** What a peer says to its agent, past the link that it is about. All methods reject with an AgentError, or the signal's reason. */
export class AgentClient {
  /** Where the agent is, for messages. */
  readonly url: string;

  constructor(url: string) {
    this.url = url.replace(/\/$/, "");
  }

  /**
   * Our link; undefined when the agent had none in place in `waitSeconds`, or none newer than the revision `after`.
   */
  async link(
    waitSeconds: number,
    after: number | undefined,
    signal: AbortSignal,
  ): Promise<AssignedLink | undefined> {
    const timeoutMs = waitSeconds * 1000 + TIMEOUT_MS;
    const { status, body } = await this.#ask("get", selfPaths.link(waitSeconds, after), timeoutMs, signal);
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
    const { status, body } = await this.#ask("post", selfPaths.measurement, TIMEOUT_MS, signal, measurement);
    if (status === 409) return undefined;
    this.#requireSuccess(status, body);
    const answer = selfMeasurementAnswerSchema.safeParse(body);
    if (!answer.success) throw this.#badAnswer(z.prettifyError(answer.error), answer.error);
    return answer.data;
  }

  async #ask(
    method: "get" | "post",
    path: string,
    timeoutMs: number,
    signal: AbortSignal,
    data?: SelfMeasurement,
  ): Promise<{ status: number; body: unknown }> {
    const { default: axios } = await import("axios");
    try {
      const response = await axios.request<ArrayBuffer>({
        method,
        url: this.url + path,
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
      signal.throwIfAborted();
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new AgentError("AGENT_UNREACHABLE", `${this.url} cannot be asked: ${reason}`, { cause });
    }
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
