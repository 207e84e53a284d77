import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTcpServer } from "node:net";
import {
  type SelfLink,
  type SelfMeasurement,
  type SelfMeasurementAnswer,
  selfLinkSchema,
  selfMeasurementSchema,
} from "@swarmlab/agent-api/self-link";

/** What the agent knows of the one who asks: nothing, that its link is not in place yet, or its link. */
type Knowledge = "unknown" | "pending" | "failed" | Partial<SelfLink>;

/** An agent to talk to over HTTP, and its TCP echo server, both on an address of loopback. It says what the test tells it. */
export class AgentServer {
  readonly measurements: SelfMeasurement[] = [];
  /** Paths that were asked for. */
  readonly asked: string[] = [];
  readonly #host: string;
  readonly #server: Server;
  readonly #echo = createTcpServer({ noDelay: true }, (socket) => {
    socket.on("error", () => undefined).pipe(socket);
  });
  readonly #news = new Set<() => void>();
  #link: SelfLink | "unknown" | "pending" | "failed" = "unknown";
  /** Called with each measurement before it is answered. */
  onMeasurement: (measurement: SelfMeasurement) => void = () => undefined;
  /** How often it wants a link measured once more. */
  repeats = 0;

  static async start(port = 0, host = "127.0.0.1"): Promise<AgentServer> {
    const agent = new AgentServer(host);
    agent.#server.listen(port, host);
    agent.#echo.listen(0, "127.0.0.1");
    await Promise.all([once(agent.#server, "listening"), once(agent.#echo, "listening")]);
    return agent;
  }

  private constructor(host: string) {
    this.#host = host;
    this.#server = createServer((request, response) => {
      this.asked.push(request.url ?? "");
      const url = new URL(request.url ?? "", "http://localhost");
      if (url.pathname === "/api/self/link") void this.#answerLink(url, response);
      else if (url.pathname === "/api/self/measurement") void this.#take(request, response);
      else response.writeHead(404).end();
    });
  }

  get port(): number {
    return portOf(this.#server);
  }

  get url(): string {
    return `http://${this.#host}:${this.port}`;
  }

  get echo(): { host: string; port: number } {
    return { host: "127.0.0.1", port: portOf(this.#echo) };
  }

  /** Says this from now on, also to who waits. */
  say(knowledge: Knowledge): void {
    const known = typeof knowledge === "string" ? {} : knowledge;
    const before = typeof this.#link === "string" ? undefined : this.#link;
    this.#link =
      typeof knowledge === "string"
        ? knowledge
        : selfLinkSchema.parse({
            node: "example-leecher-1",
            region: null,
            link: "none",
            backend: "none",
            revision: (before?.revision ?? 0) + 1,
            echo: this.echo,
            ...known,
          });
    this.#tell();
  }

  /** Resolves when `isSo`, which is looked at after every question. */
  async until(isSo: () => boolean): Promise<void> {
    while (!isSo()) await new Promise<void>((resolve) => void this.#news.add(resolve));
  }

  /** Ends as an agent that is killed. */
  async close(): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    this.#server.closeAllConnections();
    this.#echo.close();
    await closed;
  }

  async #answerLink(url: URL, response: ServerResponse): Promise<void> {
    const waitMs = Number(url.searchParams.get("wait")) * 1000;
    const after = url.searchParams.get("after");
    const timer = setTimeout(() => {
      response.writeHead(204).end();
    }, waitMs);
    response.once("close", () => clearTimeout(timer));
    this.#tell();
    const isNew = () =>
      this.#link === "unknown" ||
      this.#link === "failed" ||
      (this.#link !== "pending" && (after === null || this.#link.revision > Number(after)));
    // A first question about a link that is not in place is answered at once, so that it is asked again.
    await this.until(() => response.writableEnded || response.destroyed || isNew() || after === null);
    if (response.writableEnded || response.destroyed) return;
    if (this.#link === "unknown") {
      response.writeHead(404).end(JSON.stringify({ error: { code: "UNKNOWN_NODE", message: "who is it" } }));
    } else if (this.#link === "failed") {
      const error = { code: "LINK_FAILED", message: "the label swarmlab.link=dls is no link" };
      response.writeHead(409).end(JSON.stringify({ error }));
    } else if (this.#link === "pending") {
      response.writeHead(204).end();
    } else {
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(this.#link));
    }
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const measurement = selfMeasurementSchema.parse(JSON.parse(Buffer.concat(chunks).toString()));
    this.onMeasurement(measurement);
    const isCurrent = typeof this.#link !== "string" && this.#link.revision === measurement.revision;
    if (isCurrent) this.measurements.push(measurement);
    const answer: SelfMeasurementAnswer = { measureAgain: this.repeats-- > 0 };
    response.writeHead(isCurrent ? 200 : 409, { "content-type": "application/json" });
    response.end(JSON.stringify(answer));
    this.#tell();
  }

  #tell(): void {
    const waiting = [...this.#news];
    this.#news.clear();
    for (const resolve of waiting) resolve();
  }
}

function portOf(server: { address(): unknown }): number {
  const address = server.address();
  if (typeof address === "object" && address !== null && "port" in address) return Number(address.port);
  throw new Error("the server does not listen");
}
