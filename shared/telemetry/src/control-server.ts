import { createServer } from "node:http";
import { type ControlAppOptions, createControlApp } from "./control-app.js";
import { closeServer, httpUrl, listen } from "./http-server.js";

/** A node's control side while it listens. */
export interface ControlServer {
  readonly port: number;
  /** `http://ADDR:PORT` for clients on this host. */
  readonly url: string;
  /** Stops accepting, lets requests in progress finish for a moment, then cuts them. */
  close(): Promise<void>;
}

const closeGraceMs = 500;

/** Serves a {@link createControlApp} on an IP literal and a port (0 picks one). Rejects with a ListenError. */
export async function startControlServer(
  address: { readonly host: string; readonly port: number },
  options: ControlAppOptions,
): Promise<ControlServer> {
  const server = createServer(createControlApp(options));
  const { port } = await listen(server, address.host, address.port);
  return { port, url: httpUrl(address.host, port), close: () => closeServer(server, closeGraceMs) };
}
