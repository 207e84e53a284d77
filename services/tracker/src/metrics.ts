import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import type { StoreTotals } from "./store/swarm-store.js";
import { countedEvents, failureReasons, protocols, type TrackerCounters } from "./tracker-counters.js";

/** What the metrics are read from. */
export interface MetricSources {
  readonly counters: TrackerCounters;
  readonly totals: StoreTotals;
  readonly catalogueSize: () => number;
}

/** All metrics of the tracker. They are read from plain counters when somebody asks, never kept up announce by announce. */
export function registerMetrics(
  registry: Registry,
  { counters, totals, catalogueSize }: MetricSources,
): void {
  const registers = [registry];

  new Counter({
    name: "swarmlab_tracker_announces_total",
    help: "Announces that could be read",
    labelNames: ["protocol", "event", "result"] as const,
    registers,
    collect() {
      this.reset();
      for (const protocol of protocols) {
        for (const event of countedEvents) {
          for (const result of ["accepted", "refused"] as const) {
            this.inc({ protocol, event, result }, counters.announces[protocol][event][result]);
          }
        }
      }
    },
  });

  new Counter({
    name: "swarmlab_tracker_scrapes_total",
    help: "Scrapes that were answered",
    labelNames: ["protocol"] as const,
    registers,
    collect() {
      this.reset();
      for (const protocol of protocols) this.inc({ protocol }, counters.scrapes[protocol]);
    },
  });

  new Counter({
    name: "swarmlab_tracker_failures_total",
    help: "Announces and scrapes that were refused, by reason",
    labelNames: ["protocol", "reason"] as const,
    registers,
    collect() {
      this.reset();
      for (const protocol of protocols) {
        for (const reason of failureReasons) {
          this.inc({ protocol, reason: reason.toLowerCase() }, counters.failures[protocol][reason]);
        }
      }
    },
  });

  new Counter({
    name: "swarmlab_tracker_udp_connects_total",
    help: "Connection ids that were given over UDP",
    registers,
    collect() {
      this.reset();
      this.inc(counters.udpConnects);
    },
  });

  new Counter({
    name: "swarmlab_tracker_udp_connection_id_refusals_total",
    help: "UDP requests with a connection id that was not given to their address",
    registers,
    collect() {
      this.reset();
      this.inc(counters.connectionIdRefusals);
    },
  });

  new Gauge({
    name: "swarmlab_tracker_torrents",
    help: "Torrents with peers, or in the catalogue",
    registers,
    collect() {
      this.set(totals.torrents);
    },
  });

  new Gauge({
    name: "swarmlab_tracker_peers",
    help: "Peers in all swarms",
    labelNames: ["role", "family"] as const,
    registers,
    collect() {
      for (const family of ["ipv4", "ipv6"] as const) {
        for (const role of ["seeder", "leecher"] as const)
          this.set({ role, family }, totals.peers[family][role]);
      }
    },
  });

  new Gauge({
    name: "swarmlab_tracker_catalogue_torrents",
    help: "Torrents in the catalogue",
    registers,
    collect() {
      this.set(catalogueSize());
    },
  });

  const announceTime = new Histogram({
    name: "swarmlab_tracker_announce_duration_seconds",
    help: "Time to handle an announce, of one announce in 64",
    buckets: [1e-6, 3e-6, 1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 1e-2, 1e-1],
    registers,
  });
  counters.announceTime.onSample = (seconds) => announceTime.observe(seconds);
}
