import { collectDefaultMetrics, Gauge, Registry } from "prom-client";

export interface RegistryOptions {
  /** Which program this is: the label `service` of every metric. */
  readonly service: string;
  readonly version: string;
  /** More constant labels, for example the node's name. */
  readonly labels?: Readonly<Record<string, string>>;
  /**
   * How often the event loop is looked at, in milliseconds; the lag of an idle loop reads as this. Each look wakes the
   * process, so that a program of which hundreds run on a host should not look often. Default 10.
   */
  readonly eventLoopResolutionMs?: number;
}

/**
 * A registry with what every node reports about itself: CPU and memory (`process_…`, `nodejs_heap_…`), event-loop
 * lag (`nodejs_eventloop_lag_…_seconds`), garbage collection, and `swarmlab_build_info`. One per process.
 */
export function createRegistry(options: RegistryOptions): Registry {
  const registry = new Registry();
  registry.setDefaultLabels({ service: options.service, ...options.labels });
  collectDefaultMetrics({
    register: registry,
    eventLoopMonitoringPrecision: options.eventLoopResolutionMs ?? 10,
  });
  new Gauge({
    name: "swarmlab_build_info",
    help: "Always 1; the labels say which version runs on which Node.js",
    labelNames: ["version", "node_version"],
    registers: [registry],
  }).set({ version: options.version, node_version: process.version }, 1);
  return registry;
}
