import { beforeEach, describe, expect, it } from "vitest";
import type { ByteStream } from "../ports/network.js";
import { VirtualClock } from "./virtual-clock.js";
import { serveVirtualHttp } from "./virtual-http.js";
import { VirtualWorld } from "./virtual-world.js";

const ADDRESS = { host: "10.0.0.2", port: 6881 };

let clock: VirtualClock;
let world: VirtualWorld;

beforeEach(() => {
  clock = new VirtualClock();
  world = new VirtualWorld(clock);
});

/** Attaches and returns what the stream's handler hears, in order. */
function listenTo(stream: ByteStream): string[] {
  const heard: string[] = [];
  stream.attach({
    onConnect: () => heard.push("connected"),
    onData: (chunk) => heard.push(Buffer.from(chunk).toString()),
    onDrain: () => heard.push("drained"),
    onClose: (error) => heard.push(`closed${error ? ` by ${error.message}` : ""}`),
  });
  return heard;
}

async function connect() {
  let server: ByteStream | undefined;
  let serverHeard: string[] = [];
  await world.host(ADDRESS.host).listen(ADDRESS, (stream) => {
    server = stream;
    serverHeard = listenTo(stream);
  });
  const client = world.host("10.0.0.1").connect(ADDRESS);
  const clientHeard = listenTo(client);
  await clock.run(0);
  if (server === undefined) throw new Error("nothing was accepted");
  return { client, clientHeard, server, serverHeard };
}

describe("a stream between virtual hosts", () => {
  it("carries bytes at once, but not within the call", async () => {
    const { client, clientHeard, server, serverHeard } = await connect();
    let returned = 0;
    client.write([Buffer.from("a"), Buffer.from("b")], () => returned++);
    expect(client.bufferedBytes).toBe(2);
    expect(serverHeard).toEqual([]);
    await clock.run(0);
    expect(serverHeard).toEqual(["a", "b"]);
    expect(clientHeard).toEqual(["connected", "drained"]);
    expect(returned).toBe(1);
    expect(server.remote).toEqual(client.local);
    expect(clock.nowMs()).toBe(0);
  });

  it("holds the sender back while the reader is paused", async () => {
    const { client, clientHeard, server, serverHeard } = await connect();
    server.pause();
    client.write([Buffer.from("late")]);
    client.end();
    await clock.run(10);
    expect(client.bufferedBytes).toBe(4);
    expect(serverHeard).toEqual([]);
    server.resume();
    await clock.run(10);
    expect(serverHeard).toEqual(["late", "closed"]);
    expect(clientHeard).toEqual(["connected", "drained", "closed"]);
  });

  it("drops what is buffered when it is destroyed, and gives it back", async () => {
    const { client, clientHeard, serverHeard } = await connect();
    let returned = 0;
    client.write([Buffer.from("lost")], () => returned++);
    client.destroy(new Error("enough"));
    client.write([Buffer.from("lost")], () => returned++);
    expect(clientHeard).toEqual(["connected"]);
    await clock.run(0);
    expect(clientHeard).toEqual(["connected", "closed by enough"]);
    expect(serverHeard).toEqual(["closed"]);
    expect(returned).toBe(2);
  });

  it("is refused where nobody listens, and where nobody listens any more", async () => {
    const host = world.host("10.0.0.1");
    const listener = await world.host(ADDRESS.host).listen(ADDRESS, () => {});
    await expect(world.host(ADDRESS.host).listen(ADDRESS, () => {})).rejects.toMatchObject({
      code: "EADDRINUSE",
    });
    await listener.close();
    const heard = listenTo(host.connect(ADDRESS));
    await clock.run(0);
    expect(heard).toEqual(["closed by nobody listens on 10.0.0.2 port 6881"]);
  });
});

describe("a virtual host", () => {
  it("exchanges datagrams", async () => {
    const a = await world.host("10.0.0.1").openDatagramSocket({ host: "10.0.0.1", port: 0 });
    const b = await world.host(ADDRESS.host).openDatagramSocket(ADDRESS);
    const heard: string[] = [];
    a.onMessage = (payload, from) => heard.push(`${Buffer.from(payload)} from ${from.host}`);
    b.onMessage = (payload, from) => b.send(Buffer.from(`${Buffer.from(payload)} pong`), from);
    a.send(Buffer.from("ping"), b.address);
    await clock.run(0);
    expect(heard).toEqual(["ping pong from 10.0.0.2"]);
    await b.close();
    a.send(Buffer.from("ping"), b.address);
    await clock.run(0);
    expect(heard).toHaveLength(1);
  });

  it("resolves the names that the world knows", async () => {
    const { signal } = new AbortController();
    world.setName("tracker.example", ["10.0.0.2", "2001:db8::2"]);
    const host = world.host("10.0.0.1");
    expect(await host.resolve("tracker.example", signal)).toEqual(["10.0.0.2", "2001:db8::2"]);
    expect(await host.resolve("10.9.9.9", signal)).toEqual(["10.9.9.9"]);
    await expect(host.resolve("other.example", signal)).rejects.toMatchObject({ code: "ENOTFOUND" });
  });
});

describe("a virtual web server", () => {
  const url = "http://10.0.0.2:8080/announce?x=1";
  const options = { signal: new AbortController().signal, timeoutMs: 1000, maxBodyBytes: 100 };

  /** What becomes of a request within a minute. */
  async function get(changes: Partial<typeof options> = {}): Promise<string> {
    const outcome = world
      .host("10.0.0.1")
      .httpGet(url, { ...options, ...changes })
      .then(
        ({ status, body }) => `${status} ${Buffer.from(body)}`,
        (error: Error) => error.message,
      );
    await clock.run(clock.nowMs() + 60_000);
    return outcome;
  }

  async function serve(handler: Parameters<typeof serveVirtualHttp>[2]): Promise<void> {
    await serveVirtualHttp(world.host("10.0.0.2"), { host: "0.0.0.0", port: 8080 }, handler);
  }

  it("answers", async () => {
    await serve(({ pathname, search }) => ({ status: 404, body: Buffer.from(`${pathname} ${search}`) }));
    expect(await get()).toBe("404 /announce ?x=1");
  });

  it("may answer late or too much, and may fail", async () => {
    let respond = (): void => {};
    await serve(
      () =>
        new Promise((resolve) => {
          respond = () => resolve({ status: 200, body: new Uint8Array(101) });
        }),
    );
    expect(await get()).toBe(`no response from ${url} in time`);
    clock.setTimer(10, () => respond());
    expect(await get({ timeoutMs: 50_000 })).toBe("a body of more than 100 bytes");
    const reason = new Error("stopped");
    expect(await get({ signal: AbortSignal.abort(reason) })).toBe("stopped");
  });
});
