import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { LinkNetwork } from "@swarmlab/engine/link/link-network";
import { NodeClock } from "@swarmlab/engine/node/node-clock";
import { NodeNetwork } from "@swarmlab/engine/node/node-network";
import { SystemRandom } from "@swarmlab/engine/random/system-random";
import { parseLink } from "@swarmlab/scenario/link";
import { afterEach, describe, expect, it } from "vitest";
import { type MeasureRttOptions, measureRtt } from "./measure-rtt.js";

const servers: Server[] = [];
const sockets: Socket[] = [];
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const server of servers.splice(0)) server.close();
});

async function serve(onSocket: (socket: Socket) => void): Promise<{ host: string; port: number }> {
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.push(socket);
    onSocket(socket.on("error", () => undefined));
  });
  servers.push(server);
  await once(server.listen(0, "127.0.0.1"), "listening");
  const address = server.address();
  return { host: "localhost", port: typeof address === "object" ? (address?.port ?? 0) : 0 };
}

const echo = (socket: Socket) => void socket.pipe(socket);

function measure(
  link: string,
  server: { host: string; port: number },
  options: Partial<MeasureRttOptions> = {},
) {
  const network = new LinkNetwork(new NodeNetwork(), new NodeClock(), new SystemRandom(), parseLink(link));
  const { signal } = new AbortController();
  return measureRtt(network, server, {
    samples: 10,
    enoughMs: 5_000,
    timeoutMs: 5_000,
    signal,
    ...options,
  });
}

describe("measureRtt", () => {
  it("measures what the link adds", async () => {
    const server = await serve(echo);
    const rttMs = await measure("delay=20ms", server);
    expect(rttMs).toHaveLength(10);
    // The emulation's timers may be a little early, and on a busy machine late.
    expect(Math.min(...rttMs)).toBeGreaterThan(35);
    expect(Math.min(...rttMs)).toBeLessThan(200);
    expect(Math.min(...(await measure("none", server)))).toBeLessThan(20);
  });

  it("is content with fewer samples of a slow link", async () => {
    const rttMs = await measure("delay=50ms", await serve(echo), { enoughMs: 150 });
    expect(rttMs).toHaveLength(2);
  });

  it("says what is wrong", async () => {
    const silent = await serve(() => undefined);
    await expect(measure("none", silent, { timeoutMs: 100 })).rejects.toMatchObject({
      code: "LINK_NOT_MEASURED",
      message: `the link was not measured against localhost:${silent.port}: no echo in 0.1 s`,
    });
    const closing = await serve((socket) => socket.destroy());
    await expect(measure("none", closing)).rejects.toMatchObject({ code: "LINK_NOT_MEASURED" });
    servers.pop()?.close();
    await expect(measure("delay=1ms", closing)).rejects.toMatchObject({
      message: expect.stringContaining("ECONNREFUSED"),
    });
    await expect(measure("none", { host: "nowhere.invalid", port: 1 })).rejects.toMatchObject({
      code: "LINK_NOT_MEASURED",
    });
  });

  it("stops when it is told to", async () => {
    const controller = new AbortController();
    const measured = measure("delay=50ms", await serve(() => controller.abort("stop")), {
      signal: controller.signal,
    });
    await expect(measured).rejects.toBe("stop");
  });
});
