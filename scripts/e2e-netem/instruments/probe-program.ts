import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import type { Flow, ProbeAnswer, ProbeRequest, StreamRead } from "./probe-messages.js";

// The program that `Probe` starts in a namespace. It measures with sockets alone and knows nothing of links.

const headerBytes = 12;
const receiveBufferBytes = 32 * 1024 * 1024;
/** A sender that was held up does not make up for it in a burst, but goes on from where it is. */
const mostBehindMs = 5;

class Receiver {
  #sequences: number[] = [];
  #delaysMs: number[] = [];

  constructor(socket: Socket) {
    socket.on("message", (datagram) => {
      const nowNs = process.hrtime.bigint();
      if (datagram.length < headerBytes) return;
      this.#sequences.push(datagram.readUInt32BE(0));
      this.#delaysMs.push(Number(nowNs - datagram.readBigUInt64BE(4)) / 1e6);
    });
  }

  take(): { readonly sequences: readonly number[]; readonly delaysMs: readonly number[] } {
    const taken = { sequences: this.#sequences, delaysMs: this.#delaysMs };
    this.#sequences = [];
    this.#delaysMs = [];
    return taken;
  }
}

class Sender {
  readonly #socket = createSocket("udp4");
  readonly #done: Promise<void>;
  #left: number;
  #sent = 0;

  constructor(address: string, port: number, flow: Flow) {
    this.#left = flow.packets ?? Number.POSITIVE_INFINITY;
    this.#socket.connect(port, address);
    this.#done = once(this.#socket, "connect").then(() => this.#send(flow));
  }

  /** How many datagrams were sent. */
  async stop(isEndless: boolean): Promise<number> {
    if (isEndless) this.#left = 0;
    await this.#done;
    this.#socket.close();
    return this.#sent;
  }

  async #send({ packetsPerSecond, bytes }: Flow): Promise<void> {
    const intervalMs = 1000 / packetsPerSecond;
    let dueMs = performance.now();
    while (this.#left > 0) {
      const nowMs = performance.now();
      dueMs = Math.max(dueMs, nowMs - mostBehindMs);
      if (dueMs > nowMs) {
        await delay(dueMs - nowMs);
        continue;
      }
      const datagram = Buffer.alloc(Math.max(headerBytes, bytes));
      datagram.writeUInt32BE(this.#sent, 0);
      datagram.writeBigUInt64BE(process.hrtime.bigint(), 4);
      await new Promise<void>((resolve, reject) => {
        this.#socket.send(datagram, (error) => (error ? reject(error) : resolve()));
      });
      this.#sent++;
      this.#left--;
      dueMs += intervalMs;
    }
  }
}

class Sink {
  #reads: StreamRead[] = [];

  constructor(address: string, port: number) {
    createServer((socket) => {
      socket.on("data", ({ length }) => this.#reads.push({ atMs: performance.now(), bytes: length }));
      socket.on("error", () => {});
    }).listen(port, address);
  }

  take(): readonly StreamRead[] {
    const taken = this.#reads;
    this.#reads = [];
    return taken;
  }
}

const receivers = new Map<number, Receiver>();
const sinks = new Map<number, Sink>();
let knownOverflows = 0;
let sender: { readonly sender: Sender; readonly isEndless: boolean } | undefined;

createInterface({ input: process.stdin }).on("line", (line) => {
  // Requests come from the test that started this program.
  const request: ProbeRequest = JSON.parse(line);
  answer(request).then(say, (error: unknown) => say({ answer: "failed", message: String(error) }));
});
say({ answer: "done" });

function say(message: ProbeAnswer): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

async function answer(request: ProbeRequest): Promise<ProbeAnswer> {
  switch (request.do) {
    case "receive": {
      const socket = createSocket({ type: "udp4", recvBufferSize: receiveBufferBytes });
      receivers.set(request.port, new Receiver(socket));
      socket.bind(request.port);
      await once(socket, "listening");
      return { answer: "done" };
    }
    case "report": {
      const taken = receivers.get(request.port)?.take() ?? { sequences: [], delaysMs: [] };
      const overflowed = (await overflows()) - knownOverflows;
      knownOverflows += overflowed;
      if (overflowed > 0) throw new Error(`${overflowed} datagrams came faster than they were read`);
      return { answer: "arrivals", ...taken };
    }
    case "start": {
      const { address, port, ...flow } = request;
      sender = { sender: new Sender(address, port, flow), isEndless: flow.packets === undefined };
      return { answer: "done" };
    }
    case "stop":
      return { answer: "sent", packets: (await sender?.sender.stop(sender.isEndless)) ?? 0 };
    case "sink":
      sinks.set(request.port, new Sink(request.address, request.port));
      return { answer: "done" };
    case "stream":
      await stream(request.address, request.port, request.forMs);
      return { answer: "done" };
    case "reads":
      return { answer: "reads", reads: sinks.get(request.port)?.take() ?? [] };
  }
}

async function stream(address: string, port: number, forMs: number): Promise<void> {
  const socket = connect({ host: address, port, noDelay: true });
  await once(socket, "connect");
  const block = Buffer.alloc(64 * 1024);
  const fill = (): void => {
    while (socket.write(block));
  };
  socket.on("drain", fill);
  fill();
  await delay(forMs);
  // What is queued is not waited for.
  socket.resetAndDestroy();
}

/** What this namespace's sockets have dropped, because this program did not read in time. */
async function overflows(): Promise<number> {
  const [names = "", values = ""] = (await readFile("/proc/self/net/snmp", "latin1"))
    .split("\n")
    .filter((line) => line.startsWith("Udp:"));
  return Number(values.split(" ")[names.split(" ").indexOf("RcvbufErrors")]);
}
