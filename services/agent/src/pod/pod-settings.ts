import type { SocketAddress } from "@swarmlab/settings/addresses";
import type { AgentSettings } from "../settings.js";

/** What an agent in a pod has to be told of it. */
export interface PodSettings {
  readonly node: string;
  readonly address: string;
  readonly annotations: string;
  readonly echoServer: SocketAddress;
  readonly unshapedPorts: readonly number[];
}

/** The settings do not suffice for the scope `pod`. */
export class PodSettingsError extends Error {
  override readonly name = "PodSettingsError";
  readonly code = "MISSING_SETTING";
}

/** The settings of the scope `pod`. Throws PodSettingsError. */
export function podSettingsOf(settings: AgentSettings): PodSettings {
  const { node, address, annotations, echoServer, unshapedPorts } = settings;
  if (node === undefined) throw missing("--node");
  if (address === undefined) throw missing("--address");
  if (annotations === undefined) throw missing("--annotations");
  if (echoServer === undefined) throw missing("--echo-server");
  return { node, address, annotations, echoServer, unshapedPorts };
}

function missing(flag: string): PodSettingsError {
  return new PodSettingsError(`--scope pod needs ${flag}`);
}
