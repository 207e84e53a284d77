import Docker from "dockerode";
import { decodeEvents } from "./docker-events.js";
import { linkLabel, type NodeContainer, nodeContainerOf } from "./node-container.js";

/** Docker does not answer, or not what was asked; the message says which. */
class EngineError extends Error {
  override readonly name = "EngineError";

  constructor(
    readonly code: "AWAY" | "NO_NETWORK",
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

const answerTimeoutMs = 15_000;

/** The little that the agent asks of Docker. */
export class DockerEngine {
  readonly #docker: Docker;
  readonly #network: string;

  constructor(socketPath: string, swarmNetwork: string) {
    this.#docker = new Docker({ socketPath });
    this.#network = swarmNetwork;
  }

  /**
   * The ids of containers that started, ended, were renamed, or were joined to a network or taken from it. Resolves once
   * Docker has begun to tell; the iteration rejects when the connection ends. Both reject with an EngineError.
   */
  async containerEvents(signal: AbortSignal): Promise<AsyncIterable<string>> {
    const filters = {
      type: ["container", "network"] as ("container" | "network")[],
      event: ["start", "die", "destroy", "rename", "connect", "disconnect"],
    };
    const stream = await this.#ask(this.#docker.getEvents({ filters, abortSignal: signal }));
    return untilAway(decodeEvents(stream, linkLabel));
  }

  /** The ids of all containers with the link label, whether they run or not. */
  async labelledContainers(signal: AbortSignal): Promise<string[]> {
    const options = { all: true, filters: { label: [linkLabel] }, abortSignal: inTime(signal) };
    const containers = await this.#ask(this.#docker.listContainers(options));
    return containers.map(({ Id }) => Id);
  }

  /** A container by its id; undefined when it is no node, or not any more. */
  async nodeContainer(id: string, signal: AbortSignal): Promise<NodeContainer | undefined> {
    try {
      const inspected = await this.#docker.getContainer(id).inspect({ abortSignal: inTime(signal) });
      return nodeContainerOf(inspected, this.#network);
    } catch (error) {
      if (statusOf(error) === 404) return undefined;
      throw away(error);
    }
  }

  /** The swarm network's subnets, like `172.20.0.0/16`. Rejects with an EngineError. */
  async swarmSubnets(signal: AbortSignal): Promise<string[]> {
    try {
      const inspected = await abortable(this.#docker.getNetwork(this.#network).inspect(), inTime(signal));
      const subnets = (inspected.IPAM?.Config ?? []).map(({ Subnet }) => Subnet);
      return subnets.filter((subnet) => subnet !== undefined);
    } catch (error) {
      if (statusOf(error) !== 404) throw away(error);
      const message = `Docker has no network ${this.#network}; --network names that of the swarm`;
      throw new EngineError("NO_NETWORK", message, { cause: error });
    }
  }

  async #ask<T>(answer: Promise<T>): Promise<T> {
    try {
      return await answer;
    } catch (error) {
      throw away(error);
    }
  }
}

async function* untilAway<T>(stream: AsyncIterable<T>): AsyncGenerator<T> {
  try {
    yield* stream;
  } catch (error) {
    throw away(error);
  }
  throw new EngineError("AWAY", "Docker does not answer: it has ended the connection");
}

function inTime(signal: AbortSignal): AbortSignal {
  return AbortSignal.any([signal, AbortSignal.timeout(answerTimeoutMs)]);
}

/** Some of dockerode's calls cannot be called off; their answers are then not waited for. */
function abortable<T>(answer: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    answer.then(resolve, reject);
  });
}

function away(error: unknown): EngineError {
  const reason = error instanceof Error ? error.message.trim() : String(error);
  return new EngineError("AWAY", `Docker does not answer: ${reason}`, { cause: error });
}

function statusOf(error: unknown): unknown {
  return error instanceof Error && "statusCode" in error ? error.statusCode : undefined;
}
