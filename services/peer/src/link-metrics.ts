import { Gauge, type Registry } from "prom-client";
import type { PeerView } from "./peer-view.js";

/** What the metrics tell of the link as it is now. */
export function registerLinkMetrics(registry: Registry, view: PeerView): void {
  const registers = [registry];

  new Gauge({
    name: "swarmlab_peer_link_declared_bits_per_second",
    help: "Rate of the declared link; absent where it is unlimited",
    labelNames: ["direction"] as const,
    registers,
    collect() {
      this.reset();
      const { upBitsPerSecond, downBitsPerSecond } = view.link().link;
      if (upBitsPerSecond !== undefined) this.set({ direction: "up" }, upBitsPerSecond);
      if (downBitsPerSecond !== undefined) this.set({ direction: "down" }, downBitsPerSecond);
    },
  });

  new Gauge({
    name: "swarmlab_peer_link_declared_delay_seconds",
    help: "One-way delay of the declared link",
    registers,
    collect() {
      this.set(view.link().link.delayMs / 1000);
    },
  });

  new Gauge({
    name: "swarmlab_peer_link_declared_jitter_seconds",
    help: "Jitter of the declared link",
    registers,
    collect() {
      this.set(view.link().link.jitterMs / 1000);
    },
  });

  new Gauge({
    name: "swarmlab_peer_link_backend_info",
    help: "Always 1; the label says what makes the declared link: netem, userspace (this process) or none",
    labelNames: ["backend"] as const,
    registers,
    collect() {
      this.reset();
      this.set({ backend: view.link().backend }, 1);
    },
  });
}
