import { join } from "node:path";
import { CommandError, type CommandRunner, inNetworkNamespace } from "@swarmlab/tc-wrapper/command-runner";
import { interfaceOfAddress } from "@swarmlab/tc-wrapper/interface-of-address";
import { LinkControlError } from "@swarmlab/tc-wrapper/link-control-error";
import type { NodeContainer } from "../docker/node-container.js";

/** A container's network namespace is not where its process id says. */
export class NamespaceError extends Error {
  override readonly name = "NamespaceError";
  readonly code = "OTHER_NAMESPACE";
}

/** How the network namespaces of nodes are reached. */
export interface NamespaceAccess {
  /** The file that stands for a container's namespace; undefined for the one that this process is in. */
  readonly fileOf: (container: NodeContainer) => string | undefined;
  /** Why a node's address may not be there. */
  readonly hint: string;
}

/**
 * From outside of the containers, through the process ids that the engine names. `procFolder` is a procfs of the host's
 * PID namespace: `/proc` in a container with `pid: host`, else wherever that of the host is mounted.
 */
export function namespacesByProcess(procFolder: string): NamespaceAccess {
  return {
    fileOf: ({ pid }) => join(procFolder, String(pid), "ns", "net"),
    hint: `it has just ended, or ${procFolder} does not show the host's processes (pid: host, or --proc)`,
  };
}

interface Namespace {
  /** Where programs are run. */
  readonly commands: CommandRunner;
  /** That of the container's address on the swarm's network. */
  readonly interfaceName: string;
}

/**
 * A container's network namespace. To be asked for before each use: a process id may stand for another process by now, and
 * the address proves that it does not. Rejects with a NamespaceError, a CommandError or a LinkControlError.
 */
export async function openNamespace(
  { fileOf, hint }: NamespaceAccess,
  container: NodeContainer,
  signal: AbortSignal,
): Promise<Namespace> {
  const commands = inNetworkNamespace(fileOf(container));
  const [address] = container.swarmAddresses;
  try {
    return { commands, interfaceName: await interfaceOfAddress(commands, address, signal) };
  } catch (error) {
    const isElsewhere =
      (error instanceof CommandError && error.code === "NO_NAMESPACE") ||
      (error instanceof LinkControlError && error.code === "NO_SUCH_ADDRESS");
    if (!isElsewhere) throw error;
    throw new NamespaceError(`${container.name} has no interface with the address ${address}: ${hint}`, {
      cause: error,
    });
  }
}
