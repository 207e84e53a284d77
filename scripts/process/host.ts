import { createServer } from "node:net";

/** Where a process lives: its address, and what its command has to be put behind to get there. */
export interface Host {
  readonly address: string;
  /** Empty, or for example `ip netns exec NAMESPACE`. */
  readonly commandPrefix: readonly string[];
}

export const loopback: Host = { address: "127.0.0.1", commandPrefix: [] };

/** The command as it is run on `host`. */
export function commandOn(host: Host, program: string, ...args: readonly string[]): [string, ...string[]] {
  const [first, ...rest] = [...host.commandPrefix, program, ...args];
  return [first ?? program, ...rest];
}

/** A TCP port on which nobody listens on loopback at the moment, for programs that cannot pick one themselves. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, loopback.address, resolve);
  });
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new TypeError("a TCP server has a numeric port");
  return address.port;
}
