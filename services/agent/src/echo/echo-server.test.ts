import { once } from "node:events";
import { connect } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { type EchoServer, startEchoServer } from "./echo-server.js";

let server: EchoServer | undefined;

afterEach(() => server?.close());

describe("an echo server", () => {
  it("sends back each byte as it comes", async () => {
    server = await startEchoServer({ host: "127.0.0.1", port: 0 });
    const socket = connect(server.port, "127.0.0.1");
    for (const byte of ["a", "b", "c"]) {
      socket.write(byte);
      const [answer] = await once(socket, "data");
      expect(String(answer)).toBe(byte);
    }
    const closed = once(socket, "close");
    socket.end();
    await closed;
  });

  it("closes although clients are connected", async () => {
    server = await startEchoServer({ host: "127.0.0.1", port: 0 });
    const socket = connect(server.port, "127.0.0.1").on("error", () => undefined);
    await once(socket, "connect");
    const closed = once(socket, "close");
    await server.close();
    await closed;
  });
});
