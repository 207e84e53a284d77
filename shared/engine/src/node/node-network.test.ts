import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import type { ByteStream, ByteStreamHandler, Listener, SocketAddress } from "../ports/network.js";
import { NodeNetwork } from "./node-network.js";

const network = new NodeNetwork();
const ANY_PORT = { host: "127.0.0.1", port: 0 };
const open: { close(): unknown }[] = [];

afterEach(async () => {
  for (const resource of open.splice(0)) await resource.close();
});

/** Attaches and turns what the handler hears into promises. */
class Ear implements ByteStreamHandler {
  readonly chunks: Buffer[] = [];
  readonly connected: Promise<void>;
  readonly closed: Promise<Error | undefined>;
  closeCount = 0;
  onConnect = (): void => {};
  onDrain: () => void = () => {};
  #onClosed: (error: Error | undefined) => void = () => {};

  constructor(readonly stream: ByteStream) {
    this.connected = new Promise((resolve) => {
      this.onConnect = resolve;
    });
    this.closed = new Promise((resolve) => {
      this.#onClosed = resolve;
    });
    stream.attach(this);
    open.push({ close: () => stream.destroy() });
  }

  onData(chunk: Uint8Array): void {
    this.chunks.push(Buffer.from(chunk));
  }

  onClose(error?: Error): void {
    this.closeCount++;
    this.#onClosed(error);
  }

  get text(): string {
    return Buffer.concat(this.chunks).toString();
  }

  async until(bytes: number): Promise<Buffer> {
    while (this.chunks.reduce((sum, chunk) => sum + chunk.length, 0) < bytes) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    return Buffer.concat(this.chunks);
  }
}

async function listen(address = ANY_PORT): Promise<{ listener: Listener; accepted: Promise<Ear> }> {
  let accept: (ear: Ear) => void = () => {};
  const accepted = new Promise<Ear>((resolve) => {
    accept = resolve;
  });
  const listener = await network.listen(address, (stream) => accept(new Ear(stream)));
  open.push(listener);
  return { listener, accepted };
}

async function pair(): Promise<{ client: Ear; server: Ear }> {
  const { listener, accepted } = await listen();
  const client = new Ear(network.connect(listener.address));
  return { client, server: await accepted };
}

describe("a TCP stream", () => {
  it("carries bytes both ways and knows both addresses", async () => {
    const { client, server } = await pair();
    await client.connected;
    client.stream.write([Buffer.from("hello "), Buffer.from("there")]);
    expect((await server.until(11)).toString()).toBe("hello there");
    server.stream.write([Buffer.from("hi")]);
    expect((await client.until(2)).toString()).toBe("hi");
    expect(server.stream.remote).toEqual(client.stream.local);
    expect(server.stream.local).toEqual(client.stream.remote);
  });

  it("does not mix up connections that share the receive buffer", async () => {
    const { listener } = await listen();
    const server = createServer((socket) => socket.pipe(socket));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    open.push(server, listener);
    const { port } = server.address() as { port: number };
    const sums = await Promise.all(
      [1, 2, 3, 4].map(async (seed) => {
        const stream = network.connect({ host: "127.0.0.1", port });
        const received = createHash("sha1");
        const sent = createHash("sha1");
        let remaining = 3_000_000;
        const done = new Promise<void>((resolve) => {
          stream.attach({
            onData: (chunk) => {
              received.update(chunk);
              remaining -= chunk.length;
              if (remaining === 0) resolve();
            },
            onClose: () => {},
          });
        });
        for (let i = 0; i < 30; i++) {
          const block = Buffer.alloc(100_000, seed * 31 + i);
          sent.update(block);
          stream.write([block]);
        }
        await done;
        stream.destroy();
        return [sent.digest("hex"), received.digest("hex")];
      }),
    );
    for (const [sent, received] of sums) expect(received).toBe(sent);
  });

  it("holds the sender back while it is paused", async () => {
    const { client, server } = await pair();
    client.stream.pause();
    let sent = 0;
    for (let i = 0; i < 40; i++) {
      server.stream.write([new Uint8Array(1_000_000)], () => {
        sent++;
      });
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(client.chunks).toEqual([]);
    expect(server.stream.bufferedBytes).toBeGreaterThan(1_000_000);
    const drained = new Promise<void>((resolve) => {
      server.onDrain = resolve;
    });
    client.stream.resume();
    await drained;
    expect(server.stream.bufferedBytes).toBe(0);
    expect(sent).toBe(40);
    expect(await client.until(40_000_000)).toHaveLength(40_000_000);
  });

  it("sends what is buffered before it ends, even to a slow reader", async () => {
    const { client, server } = await pair();
    client.stream.pause();
    server.stream.write([new Uint8Array(10_000_000)]);
    server.stream.end();
    client.stream.resume();
    expect(await client.closed).toBeUndefined();
    expect(await client.until(10_000_000)).toHaveLength(10_000_000);
    expect(await server.closed).toBeUndefined();
  });

  it("is silent after destroy but for one onClose, and still gives the buffers back", async () => {
    const { client, server } = await pair();
    await client.connected;
    let returned = 0;
    server.stream.write([new Uint8Array(5_000_000)], () => returned++);
    await client.until(1);
    client.stream.destroy();
    const heard = client.chunks.length;
    client.stream.write([new Uint8Array(1)], () => returned++);
    expect(client.closeCount).toBe(0);
    expect(await client.closed).toBeUndefined();
    await server.closed;
    server.stream.write([new Uint8Array(1)], () => returned++);
    await new Promise((resolve) => setImmediate(resolve));
    expect(client.chunks).toHaveLength(heard);
    expect(returned).toBe(3);
    expect([client.closeCount, server.closeCount]).toEqual([1, 1]);
  });

  it("hands its own error to onClose", async () => {
    const { client } = await pair();
    client.stream.destroy(new Error("enough"));
    expect(await client.closed).toMatchObject({ message: "enough" });
  });

  it("tells of a refused connection through onClose", async () => {
    const { listener } = await listen();
    await listener.close();
    const client = new Ear(network.connect(listener.address));
    let returned = false;
    client.stream.write([new Uint8Array(1)], () => {
      returned = true;
    });
    expect(client.stream.bufferedBytes).toBe(1);
    expect(await client.closed).toMatchObject({ code: "ECONNREFUSED" });
    await new Promise((resolve) => setImmediate(resolve));
    expect(returned).toBe(true);
  });
});

describe("a listener", () => {
  it("takes IPv4 and IPv6 on one port", async () => {
    const { listener, accepted } = await listen({ host: "::", port: 0 });
    const client = new Ear(network.connect({ host: "127.0.0.1", port: listener.address.port }));
    await client.connected;
    expect((await accepted).stream.remote.host).toBe("127.0.0.1");
  });

  it("rejects with EADDRINUSE on a port that is taken", async () => {
    const { listener } = await listen();
    await expect(network.listen(listener.address, () => {})).rejects.toMatchObject({ code: "EADDRINUSE" });
  });

  it("frees its port at once and leaves accepted streams alone", async () => {
    const { listener, accepted } = await listen();
    const client = new Ear(network.connect(listener.address));
    const server = await accepted;
    await listener.close();
    const again = await listen(listener.address);
    expect(again.listener.address).toEqual(listener.address);
    client.stream.write([Buffer.from("x")]);
    expect((await server.until(1)).toString()).toBe("x");
  });
});

describe("a datagram socket", () => {
  async function socketOn(host: string) {
    const socket = await network.openDatagramSocket({ host, port: 0 });
    open.push(socket);
    const message = new Promise<{ text: string; from: SocketAddress }>((resolve) => {
      socket.onMessage = (payload, from) => resolve({ text: Buffer.from(payload).toString(), from });
    });
    return { socket, message };
  }

  it("sends and receives", async () => {
    const [a, b] = [await socketOn("127.0.0.1"), await socketOn("127.0.0.1")];
    a.socket.send(Buffer.from("ping"), b.socket.address);
    expect(await b.message).toEqual({ text: "ping", from: a.socket.address });
  });

  it("speaks IPv4 on `::`, without the mapped form", async () => {
    const [a, b] = [await socketOn("::"), await socketOn("127.0.0.1")];
    b.socket.send(Buffer.from("ping"), { host: "127.0.0.1", port: a.socket.address.port });
    expect(await a.message).toEqual({ text: "ping", from: b.socket.address });
    a.socket.send(Buffer.from("pong"), b.socket.address);
    expect((await b.message).text).toBe("pong");
  });

  it("drops what cannot be sent, and everything after close", async () => {
    const { socket } = await socketOn("127.0.0.1");
    socket.send(new Uint8Array(1), { host: "127.0.0.1", port: 0 });
    socket.send(new Uint8Array(1), { host: "example.com", port: 9 });
    socket.send(new Uint8Array(1), { host: "::1", port: 9 });
    socket.send(new Uint8Array(70_000), { host: "127.0.0.1", port: 9 });
    await socket.close();
    socket.send(new Uint8Array(1), { host: "127.0.0.1", port: 9 });
    await socket.close();
  });

  it("rejects with EADDRINUSE on a port that is taken", async () => {
    const { socket } = await socketOn("127.0.0.1");
    await expect(network.openDatagramSocket(socket.address)).rejects.toMatchObject({ code: "EADDRINUSE" });
  });
});

describe("resolve", () => {
  const never = new AbortController().signal;

  it("gives an IP literal back", async () => {
    expect(await network.resolve("192.0.2.7", never)).toEqual(["192.0.2.7"]);
    expect(await network.resolve("2001:db8::1", never)).toEqual(["2001:db8::1"]);
  });

  it("finds localhost", async () => {
    expect(await network.resolve("localhost", never)).toContain("127.0.0.1");
  });

  it("rejects with the reason of an aborted signal", async () => {
    const reason = new Error("stopped");
    await expect(network.resolve("localhost", AbortSignal.abort(reason))).rejects.toBe(reason);
  });
});
