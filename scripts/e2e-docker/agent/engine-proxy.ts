import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";

/** A way to the engine that can be closed and opened again, so that for who goes it the engine comes and goes. */
export class EngineProxy {
  readonly socketPath: string;
  readonly #target: string;
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;

  constructor(socketPath: string, target: string) {
    this.socketPath = socketPath;
    this.#target = target;
  }

  async open(): Promise<void> {
    const server = createServer((socket) => {
      const engine = connect(this.#target);
      for (const [from, to] of [
        [socket, engine],
        [engine, socket],
      ] as const) {
        this.#sockets.add(from);
        from.pipe(to);
        from.on("error", () => to.destroy());
        from.once("close", () => {
          this.#sockets.delete(from);
          to.destroy();
        });
      }
    });
    this.#server = server;
    server.listen(this.socketPath);
    await once(server, "listening");
  }

  async close(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    const closed = once(server, "close");
    server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}
