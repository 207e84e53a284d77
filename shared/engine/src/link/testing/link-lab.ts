import { type Link, parseLink } from "@swarmlab/scenario/link";
import type { ByteStream, ByteStreamHandler, Network } from "../../ports/network.js";
import { SeededRandom } from "../../random/seeded-random.js";
import { VirtualClock } from "../../simulation/virtual-clock.js";
import { VirtualWorld } from "../../simulation/virtual-world.js";
import { LinkNetwork } from "../link-network.js";

export const A = "10.0.0.1";
export const B = "10.0.0.2";
export const PORT = 6881;

/** Hosts behind links, under virtual time. */
export class LinkLab {
  readonly clock = new VirtualClock();
  readonly world = new VirtualWorld(this.clock);

  linked(host: string, link: string | Link): LinkNetwork {
    const declared = typeof link === "string" ? parseLink(link) : link;
    return new LinkNetwork(this.world.host(host), this.clock, new SeededRandom(host), declared);
  }

  /** A connection from `a` to `b`, which is the host `B`, with the client connected. */
  async connect(a: Network, b: Network, port = PORT): Promise<{ client: StreamLog; server: StreamLog }> {
    let server: StreamLog | undefined;
    await b.listen({ host: "0.0.0.0", port }, (stream) => {
      server = this.log(stream);
    });
    const client = this.log(a.connect({ host: B, port }));
    await this.clock.runUntil(() => server !== undefined && client.connectedAtMs >= 0);
    if (server === undefined) throw new Error("there is no connection");
    return { client, server };
  }

  log(stream: ByteStream): StreamLog {
    return new StreamLog(stream, this.clock);
  }
}

/** Writes down what happens to a stream, and when. */
export class StreamLog implements ByteStreamHandler {
  readonly arrivals: { readonly atMs: number; readonly bytes: Uint8Array }[] = [];
  connectedAtMs = Number.NaN;
  closedAtMs = Number.NaN;
  error: Error | undefined;
  drains = 0;
  answer: ((chunk: Uint8Array) => void) | undefined;

  constructor(
    readonly stream: ByteStream,
    private readonly clock: VirtualClock,
  ) {
    stream.attach(this);
  }

  onConnect(): void {
    this.connectedAtMs = this.clock.nowMs();
  }

  onData(chunk: Uint8Array): void {
    this.arrivals.push({ atMs: this.clock.nowMs(), bytes: Uint8Array.from(chunk) });
    this.answer?.(chunk);
  }

  onDrain(): void {
    this.drains++;
  }

  onClose(error?: Error): void {
    if (!Number.isNaN(this.closedAtMs)) throw new Error("closed twice");
    this.closedAtMs = this.clock.nowMs();
    this.error = error;
  }

  get bytes(): Buffer {
    return Buffer.concat(this.arrivals.map((arrival) => arrival.bytes));
  }

  get lastArrivalMs(): number {
    return this.arrivals.at(-1)?.atMs ?? Number.NaN;
  }
}
