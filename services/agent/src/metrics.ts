import { type LinkQueue, linkStates } from "@swarmlab/agent-api/node-link";
import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import type { ReconcileResult } from "./links/link-keeper.js";
import type { QueueSamples } from "./links/queue-samples.js";
import { expectedRtt } from "./measurement/expected-rtt.js";
import type { Swarm } from "./nodes/swarm.js";
import type { SwarmNode } from "./nodes/swarm-node.js";

/** Counts how links are kept. */
export interface ReconcileMetrics {
  observe(result: ReconcileResult, seconds: number): void;
}

const directions = ["up", "down"] as const;

/** All metrics of the agent: of itself, and of the links of all nodes, which are read when somebody asks. */
export function registerMetrics(registry: Registry, swarm: Swarm, queues: QueueSamples): ReconcileMetrics {
  registerSwarmMetrics(registry, swarm);
  registerLinkMetrics(registry, swarm);
  registerQueueMetrics(registry, queues);
  return registerReconcileMetrics(registry);
}

function registerReconcileMetrics(registry: Registry): ReconcileMetrics {
  const registers = [registry];
  const results = new Counter({
    name: "swarmlab_agent_reconciles_total",
    help: "Times that a node's link was compared with what it is to be, by result",
    labelNames: ["result"] as const,
    registers,
  });
  for (const result of ["changed", "unchanged", "failed"] as const) results.inc({ result }, 0);
  const durations = new Histogram({
    name: "swarmlab_agent_reconcile_duration_seconds",
    help: "Time to compare a node's link with what it is to be, and to change what differs",
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers,
  });
  return {
    observe: (result, seconds) => {
      results.inc({ result });
      durations.observe(seconds);
    },
  };
}

function registerSwarmMetrics(registry: Registry, swarm: Swarm): void {
  const registers = [registry];
  new Gauge({
    name: "swarmlab_agent_backend_info",
    help: "Always 1; the label says what makes links: netem, userspace or none",
    labelNames: ["backend"] as const,
    registers,
  }).set({ backend: swarm.backend }, 1);

  new Gauge({
    name: "swarmlab_agent_nodes",
    help: "Nodes by the state of their link",
    labelNames: ["state"] as const,
    registers,
    collect() {
      const { nodes } = swarm;
      for (const state of linkStates)
        this.set({ state }, nodes.filter((node) => node.state === state).length);
    },
  });

  new Gauge({
    name: "swarmlab_agent_partition_groups",
    help: "Groups of nodes that cannot reach each other; 0 while the swarm is whole",
    registers,
    collect() {
      this.set(swarm.partition?.groups.length ?? 0);
    },
  });
}

function registerLinkMetrics(registry: Registry, swarm: Swarm): void {
  new Gauge({
    name: "swarmlab_link_info",
    help: "Always 1; the labels say what a node's link is and what makes it",
    labelNames: ["node", "region", "link", "backend"] as const,
    registers: [registry],
    collect() {
      this.reset();
      for (const { name, region, named, backend } of swarm.nodes) {
        this.set({ node: name, region: region ?? "", link: named.text, backend }, 1);
      }
    },
  });

  /** A gauge of each node for which there is a value. */
  const perNode = (name: string, help: string, read: (node: SwarmNode) => number | undefined) => {
    new Gauge({
      name,
      help,
      labelNames: ["node"] as const,
      registers: [registry],
      collect() {
        this.reset();
        for (const node of swarm.nodes) {
          const value = read(node);
          if (value !== undefined) this.set({ node: node.name }, value);
        }
      },
    });
  };
  perNode(
    "swarmlab_link_changed_timestamp_seconds",
    "When the link was last changed while the node was there, Unix time; absent when never",
    ({ changedAtMs }) => (changedAtMs === undefined ? undefined : changedAtMs / 1000),
  );
  perNode(
    "swarmlab_link_declared_rtt_seconds",
    "The round trip that a link is to add, between the node and the core of the network",
    ({ named }) => expectedRtt([named.link]).declaredMs / 1000,
  );
  perNode(
    "swarmlab_link_measured_rtt_seconds",
    "The median round trip that was measured when the link was certified last",
    ({ certificate }) => (certificate === undefined ? undefined : certificate.rtt.measuredMs / 1000),
  );
  perNode(
    "swarmlab_link_certified",
    "1 when the link was measured and is what was declared, 0 when it is not or failed; absent until that is known",
    ({ state }) => (state === "certified" ? 1 : state === "off" || state === "failed" ? 0 : undefined),
  );

  /** A gauge of each node and direction for which there is a value. */
  const perDirection = (
    name: string,
    help: string,
    read: (node: SwarmNode) => Readonly<Record<(typeof directions)[number], number | undefined>>,
  ) => {
    new Gauge({
      name,
      help,
      labelNames: ["node", "direction"] as const,
      registers: [registry],
      collect() {
        this.reset();
        for (const node of swarm.nodes) {
          const values = read(node);
          for (const direction of directions) {
            const value = values[direction];
            if (value !== undefined) this.set({ node: node.name, direction }, value);
          }
        }
      },
    });
  };
  perDirection(
    "swarmlab_link_declared_rate_bits_per_second",
    "The rate that a link is to have, in frames; absent when it is unlimited",
    ({ named: { link } }) => ({ up: link.upBitsPerSecond, down: link.downBitsPerSecond }),
  );
  perDirection(
    "swarmlab_link_measured_rate_bits_per_second",
    "The rate that was measured, in frames; absent until somebody asked for it",
    ({ certificate }) => ({
      up: certificate?.up?.measuredBitsPerSecond,
      down: certificate?.down?.measuredBitsPerSecond,
    }),
  );
}

function registerQueueMetrics(registry: Registry, queues: QueueSamples): void {
  const common = { labelNames: ["node", "direction"] as const, registers: [registry] };
  const counters = [
    ["swarmlab_link_sent_bytes_total", "Bytes of frames that passed the link", "sentBytes"],
    ["swarmlab_link_sent_packets_total", "Packets that passed the link", "sentPackets"],
    [
      "swarmlab_link_dropped_packets_total",
      "Packets that the link lost, or had no room for",
      "droppedPackets",
    ],
  ] as const;
  for (const [name, help, field] of counters) {
    new Counter({
      ...common,
      name,
      help,
      collect() {
        return show(this, queues, field);
      },
    });
  }
  const gauges = [
    [
      "swarmlab_link_backlog_bytes",
      "Bytes that wait in the link, for its rate or for its delay to be over",
      "backlogBytes",
    ],
    [
      "swarmlab_link_backlog_packets",
      "Packets that wait in the link, for its rate or for its delay to be over",
      "backlogPackets",
    ],
  ] as const;
  for (const [name, help, field] of gauges) {
    new Gauge({
      ...common,
      name,
      help,
      collect() {
        return show(this, queues, field);
      },
    });
  }
}

/** Makes a metric what is known of the queues of all nodes. */
async function show(
  metric: Counter<"node" | "direction"> | Gauge<"node" | "direction">,
  queues: QueueSamples,
  field: keyof LinkQueue,
): Promise<void> {
  const samples = await queues.all();
  metric.reset();
  for (const [{ name: node }, sample] of samples) {
    for (const direction of directions) metric.inc({ node, direction }, sample[direction][field]);
  }
}
