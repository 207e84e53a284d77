import { formatSocketAddress } from "@swarmlab/settings/addresses";
import { type ControlServer, startControlServer } from "@swarmlab/telemetry/control-server";
import { hostNames, localAddress } from "@swarmlab/telemetry/local-address";
import type { Logger } from "@swarmlab/telemetry/logger";
import { createRegistry } from "@swarmlab/telemetry/registry";
import { type AgentSettings, version } from "../settings.js";
import { type EchoServer, startEchoServer } from "./echo-server.js";

/** An echo server, with health and metrics, that serves. */
export interface EchoAgent {
  /** `http://ADDR:PORT` of metrics and health. */
  readonly controlUrl: string;
  /** `ADDR:PORT` of the echo server. */
  readonly echo: string;
  close(): Promise<void>;
}

/** What agents in pods measure against; needs no privilege. Rejects with a ListenError or the signal's reason. */
export async function startEchoAgent(
  settings: AgentSettings,
  logger: Logger,
  signal: AbortSignal,
): Promise<EchoAgent> {
  const controlAddress = await localAddress(settings.control, { logger, signal });
  const echo: EchoServer = await startEchoServer(await localAddress(settings.echo, { logger, signal }));
  let control: ControlServer;
  try {
    control = await startControlServer(controlAddress, {
      logger,
      registry: createRegistry({ service: "agent", version }),
      checks: {},
      allowedHosts: [...settings.allowHost, ...hostNames([settings.control])],
    });
  } catch (error) {
    await echo.close();
    throw error;
  }
  return {
    controlUrl: control.url,
    echo: formatSocketAddress(echo),
    close: async () => {
      await Promise.all([control.close(), echo.close()]);
    },
  };
}
