import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { z } from "zod";

const filtersSchema = z.object({ label: z.array(z.string()).default([]) });

/** A container of the fake engine; `Running` as Docker counts it. */
export interface FakeContainer {
  readonly id: string;
  name: string;
  readonly labels: Readonly<Record<string, string>>;
  isRunning: boolean;
  pid: number;
  startedAt: string;
  /** By network. */
  addresses: Record<string, string>;
}

/**
 * As much of Docker's Engine API (v1.41) as the agent asks for, on a Unix socket, answered as dockerd 20.10 does. What
 * happens to its containers is told as events; it can go away and come back.
 */
export class FakeDocker {
  readonly socketPath: string;
  readonly #containers = new Map<string, FakeContainer>();
  readonly #streams = new Set<ServerResponse>();
  #networks: Record<string, string[]>;
  #server: Server | undefined;
  #created = 0;
  #runs = 0;
  /** So many requests were answered, by path without the query. */
  readonly asked = new Map<string, number>();

  constructor(socketPath: string, networks: Record<string, string[]>) {
    this.socketPath = socketPath;
    this.#networks = networks;
  }

  async listen(): Promise<void> {
    const server = createServer((request, response) => this.#answer(request, response));
    this.#server = server;
    server.listen(this.socketPath);
    await once(server, "listening");
  }

  /** Breaks off all connections, as when dockerd ends. */
  async goAway(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    const closed = once(server, "close");
    server.close();
    server.closeAllConnections();
    await closed;
    this.#streams.clear();
  }

  /** Creates a container and starts it. */
  run(
    name: string,
    labels: Readonly<Record<string, string>>,
    addresses: Readonly<Record<string, string>>,
  ): FakeContainer {
    this.#created += 1;
    const id = this.#created.toString(16).padStart(64, "0");
    const container: FakeContainer = {
      id,
      name,
      labels,
      isRunning: false,
      pid: 0,
      startedAt: "",
      addresses: { ...addresses },
    };
    this.#containers.set(id, container);
    this.start(container);
    return container;
  }

  start(container: FakeContainer): void {
    this.#runs += 1;
    container.isRunning = true;
    container.pid = 1_000_000 + this.#runs;
    container.startedAt = new Date(1_700_000_000_000 + this.#runs).toISOString();
    for (const network of Object.keys(container.addresses)) this.#tellNetwork("connect", container, network);
    this.#tell("start", container);
  }

  stop(container: FakeContainer): void {
    container.isRunning = false;
    container.pid = 0;
    this.#tell("die", container);
  }

  remove(container: FakeContainer): void {
    this.stop(container);
    this.#containers.delete(container.id);
    this.#tell("destroy", container);
  }

  rename(container: FakeContainer, name: string): void {
    container.name = name;
    this.#tell("rename", container);
  }

  connect(container: FakeContainer, network: string, address: string): void {
    container.addresses[network] = address;
    this.#tellNetwork("connect", container, network);
  }

  disconnect(container: FakeContainer, network: string): void {
    delete container.addresses[network];
    this.#tellNetwork("disconnect", container, network);
  }

  removeNetworks(): void {
    this.#networks = {};
  }

  #tell(action: string, container: FakeContainer): void {
    const attributes = { ...container.labels, name: container.name };
    this.#write({ Type: "container", Action: action, Actor: { ID: container.id, Attributes: attributes } });
  }

  #tellNetwork(action: string, container: FakeContainer, network: string): void {
    const attributes = { container: container.id, name: network, type: "bridge" };
    this.#write({
      Type: "network",
      Action: action,
      Actor: { ID: `id-of-${network}`, Attributes: attributes },
    });
  }

  #write(event: object): void {
    for (const stream of this.#streams) stream.write(`${JSON.stringify(event)}\n`);
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://docker");
    this.asked.set(pathname, (this.asked.get(pathname) ?? 0) + 1);
    if (pathname === "/events") {
      response.writeHead(200, { "content-type": "application/json" });
      response.flushHeaders();
      this.#streams.add(response);
      response.once("close", () => this.#streams.delete(response));
      return;
    }
    if (pathname === "/containers/json") {
      json(response, 200, this.#list(searchParams));
      return;
    }
    const container = this.#containers.get(/^\/containers\/(\w+)\/json$/.exec(pathname)?.[1] ?? "");
    const subnets = this.#networks[/^\/networks\/(\w+)$/.exec(pathname)?.[1] ?? ""];
    if (container !== undefined) json(response, 200, inspected(container));
    else if (subnets !== undefined)
      json(response, 200, { IPAM: { Config: subnets.map((Subnet) => ({ Subnet })) } });
    else json(response, 404, { message: `No such thing: ${pathname}` });
  }

  #list(query: URLSearchParams): object[] {
    const { label } = filtersSchema.parse(JSON.parse(query.get("filters") ?? "{}"));
    return [...this.#containers.values()]
      .filter(({ isRunning }) => isRunning || query.get("all") === "true")
      .filter(({ labels }) => label.every((key) => key in labels))
      .map(({ id, labels }) => ({ Id: id, Labels: labels }));
  }
}

function inspected({ id, name, labels, isRunning, pid, startedAt, addresses }: FakeContainer): object {
  const endpoints = Object.entries(addresses).map(([network, address]) => [
    network,
    { IPAddress: isRunning ? address : "", GlobalIPv6Address: "" },
  ]);
  return {
    Id: id,
    Name: `/${name}`,
    State: { Running: isRunning, Pid: pid, StartedAt: startedAt },
    Config: { Labels: labels },
    NetworkSettings: { Networks: Object.fromEntries(endpoints) },
  };
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}
