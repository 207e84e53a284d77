import { createServer, type Server, type Socket } from "node:net";
import { listen } from "@swarmlab/telemetry/http-server";

const maxConnections = 2000;
const idleMs = 60_000;

/** Sends back what it gets, so that nodes can measure their links. */
export interface EchoServer {
  /** Where it listens. */
  readonly host: string;
  readonly port: number;
  close(): Promise<void>;
}

/** Serves on an IP literal and a port (0 picks one). Rejects with a ListenError. */
export async function startEchoServer(address: {
  readonly host: string;
  readonly port: number;
}): Promise<EchoServer> {
  const sockets = new Set<Socket>();
  const server: Server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.setTimeout(idleMs, () => socket.destroy());
    socket.on("error", () => socket.destroy());
    socket.once("close", () => sockets.delete(socket));
    socket.pipe(socket);
  });
  server.maxConnections = maxConnections;
  const { address: host, port } = await listen(server, address.host, address.port);
  return {
    host,
    port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
