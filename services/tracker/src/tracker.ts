import { randomBytes, randomInt } from "node:crypto";
import { hostname } from "node:os";
import type { SocketAddress } from "@swarmlab/settings/addresses";
import { createControlApp } from "@swarmlab/telemetry/control-app";
import { type ControlServer, startControlServer } from "@swarmlab/telemetry/control-server";
import { httpUrl, ListenError } from "@swarmlab/telemetry/http-server";
import { hostNames, localAddress } from "@swarmlab/telemetry/local-address";
import type { Logger } from "@swarmlab/telemetry/logger";
import { createRegistry } from "@swarmlab/telemetry/registry";
import express from "express";
import { AnnounceService } from "./announce-service.js";
import { Catalogue } from "./catalogue/catalogue.js";
import { catalogueRoutes } from "./catalogue/catalogue-routes.js";
import { AnnounceAnswer } from "./http/announce-answer.js";
import { TrackerHttpServer } from "./http/tracker-http-server.js";
import { registerMetrics } from "./metrics.js";
import { type TrackerSettings, version } from "./settings.js";
import { SwarmStore } from "./store/swarm-store.js";
import { TrackerCounters } from "./tracker-counters.js";
import { ConnectionIds } from "./udp/connection-ids.js";
import { UdpServer } from "./udp/udp-server.js";

/** A tracker that serves. */
export interface Tracker {
  /** `http://ADDR:PORT` of announces, for clients on this host. */
  readonly httpUrl: string;
  /** `udp://ADDR:PORT`. */
  readonly udpUrl: string;
  /** `http://ADDR:PORT` of the catalogue, metrics and health. */
  readonly controlUrl: string;
  close(): Promise<void>;
}

const closeGraceMs = 300;
const sweepEveryMs = 250;
/** Expired peers are looked for in all torrents so often in the life of a peer. */
const sweepsPerLife = 4;

/** Opens the catalogue and all sockets. Rejects with a ListenError when an address cannot be had, or with the signal's reason. */
export async function startTracker(
  settings: TrackerSettings,
  logger: Logger,
  signal: AbortSignal,
): Promise<Tracker> {
  const addresses = await localAddresses(settings, { logger, signal });
  const nowMs = () => performance.now();
  // Two announces may be missed, and the third be late.
  const peerLifeMs = settings.interval * 2.5;
  const { maxTorrents, maxPeers } = settings;
  const store = new SwarmStore({ nowMs, randomUint32: xorshift(), peerLifeMs, maxTorrents, maxPeers });
  const catalogue = await Catalogue.open({ directory: settings.data, logger, maxTorrents, signal });
  for (const { infoHash } of catalogue.list()) store.pin(Buffer.from(infoHash, "hex"));

  const counters = new TrackerCounters();
  const labels = { node: settings.name ?? hostname() };
  const registry = createRegistry({ service: "tracker", version, labels });
  registerMetrics(registry, { counters, totals: store.totals, catalogueSize: () => catalogue.size });
  const isRegistered = (infoHash: Uint8Array) =>
    catalogue.get(Buffer.from(infoHash).toString("hex")) !== undefined;
  const service = new AnnounceService({
    store,
    counters,
    intervalSeconds: Math.ceil(settings.interval / 1000),
    isRegistered: settings.open ? undefined : isRegistered,
  });
  const controlOptions = {
    logger,
    registry,
    checks: {},
    allowedHosts: [...settings.allowHost, ...hostNames([settings.listen, settings.control])],
    routes: catalogueRoutes(catalogue, store, logger),
  };

  const http = new TrackerHttpServer({
    answers: new AnnounceAnswer(service, counters),
    fallback: addresses.control === undefined ? createControlApp(controlOptions) : notHere(),
    maxConnections: settings.maxConnections,
  });
  const connectionIds = new ConnectionIds(randomBytes(16), nowMs);
  const udp = new UdpServer({ service, counters, connectionIds });
  let control: ControlServer | undefined;
  const sweep = setInterval(() => store.sweep((sweepsPerLife * sweepEveryMs) / peerLifeMs), sweepEveryMs);
  const close = async () => {
    clearInterval(sweep);
    await Promise.all([http.close(closeGraceMs), udp.close(), control?.close()]);
  };

  try {
    const { listen } = addresses;
    const httpPort = await http.listen(listen.host, listen.port);
    const udpPort = await listenUdp(udp, addresses, httpPort);
    if (addresses.control !== undefined)
      control = await startControlServer(addresses.control, controlOptions);
    const url = httpUrl(listen.host, httpPort);
    const udpHost = (addresses.udp ?? listen).host;
    return {
      httpUrl: url,
      udpUrl: httpUrl(udpHost, udpPort).replace("http:", "udp:"),
      controlUrl: control?.url ?? url,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Where to listen, with IP literals. */
interface Addresses {
  readonly listen: SocketAddress;
  readonly udp: SocketAddress | undefined;
  readonly control: SocketAddress | undefined;
}

async function localAddresses(
  settings: TrackerSettings,
  options: { readonly logger: Logger; readonly signal: AbortSignal },
): Promise<Addresses> {
  const optional = async (address: SocketAddress | undefined) =>
    address === undefined ? undefined : await localAddress(address, options);
  return {
    listen: await localAddress(settings.listen, options),
    udp: await optional(settings.udp),
    control: await optional(settings.control),
  };
}

/** The port of HTTP, so that one number is enough; when the system picked that and UDP has it not free, another. */
async function listenUdp(udp: UdpServer, { listen, udp: own }: Addresses, httpPort: number): Promise<number> {
  if (own !== undefined) return udp.listen(own.host, own.port);
  try {
    return await udp.listen(listen.host, httpPort);
  } catch (error) {
    if (listen.port !== 0 || !(error instanceof ListenError) || error.code !== "IN_USE") throw error;
    await udp.close();
    return udp.listen(listen.host, 0);
  }
}

function notHere(): express.Express {
  const app = express();
  app.disable("x-powered-by");
  app.use((_request, response) => {
    const message = "only announces and scrapes are served here";
    response.status(404).json({ error: { code: "NOT_FOUND", message } });
  });
  return app;
}

/** Fast and even enough to pick peers with (Marsaglia 2003, xorshift32); nothing secret hangs on it. */
function xorshift(): () => number {
  let state = randomInt(1, 2 ** 32);
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}
