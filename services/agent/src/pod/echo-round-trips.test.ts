import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { startEchoServer } from "../echo/echo-server.js";
import { echoRoundTrips } from "./echo-round-trips.js";

const plan = { count: 5, intervalMs: 1, timeoutMs: 5_000 };
const never = new AbortController().signal;
const closing: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** A server that does with what it gets as `onData` says. */
async function serve(onData: (socket: Socket, data: Buffer) => void) {
  const server: Server = createServer((socket) => {
    closing.push(() => socket.destroy());
    socket.on("error", () => undefined).on("data", (data) => onData(socket, data));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  closing.push(() => server.close());
  const address = server.address();
  return { host: "127.0.0.1", port: typeof address === "object" ? (address?.port ?? 0) : 0 };
}

describe("round trips to an echo server", () => {
  it("are as many as were asked for", async () => {
    const echo = await startEchoServer({ host: "127.0.0.1", port: 0 });
    closing.push(() => echo.close());
    const samplesMs = await echoRoundTrips(echo, plan, never);
    expect(samplesMs).toHaveLength(5);
    expect(Math.min(...samplesMs)).toBeGreaterThan(0);
  });

  it("take as long as the way does", async () => {
    const echo = await serve((socket, data) => setTimeout(() => socket.write(data), 30));
    const samplesMs = await echoRoundTrips(echo, plan, never);
    expect(Math.min(...samplesMs)).toBeGreaterThan(28);
  });

  it("go to a server by its name, too", async () => {
    const { port } = await serve((socket, data) => socket.write(data));
    expect(await echoRoundTrips({ host: "localhost", port }, plan, never)).toHaveLength(5);
  });

  it("fail when nobody answers, or the connection ends", async () => {
    const silent = await serve(() => undefined);
    await expect(echoRoundTrips(silent, { ...plan, timeoutMs: 20 }, never)).rejects.toMatchObject({
      code: "NO_ANSWER",
      message: expect.stringContaining("nothing within 20 ms"),
    });
    const leaving = await serve((socket) => socket.destroy());
    await expect(echoRoundTrips(leaving, plan, never)).rejects.toMatchObject({ code: "NO_ANSWER" });
    const gone = await startEchoServer({ host: "127.0.0.1", port: 0 });
    await gone.close();
    await expect(echoRoundTrips(gone, plan, never)).rejects.toMatchObject({
      message: expect.stringContaining("ECONNREFUSED"),
    });
  });

  it("end with the signal's reason", async () => {
    const stop = new AbortController();
    const silent = await serve(() => stop.abort(new Error("enough")));
    await expect(echoRoundTrips(silent, plan, stop.signal)).rejects.toThrow("enough");
  });
});
