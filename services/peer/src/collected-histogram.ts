import type { Histogram as EngineHistogram } from "@swarmlab/engine/metrics";
import { Histogram, type Registry } from "prom-client";

type MetricObject = Awaited<ReturnType<Histogram["get"]>>;

/** A histogram whose counts are kept elsewhere, bucket by bucket and not cumulative. */
export class CollectedHistogram extends Histogram {
  readonly #source: EngineHistogram;
  readonly #name: string;
  /** Stays empty; all but the values is taken from it. */
  readonly #template: Histogram;

  constructor(name: string, help: string, source: EngineHistogram, registry: Registry) {
    super({ name, help, registers: [registry] });
    this.#name = name;
    this.#source = source;
    this.#template = new Histogram({ name, help, registers: [] });
  }

  override async get(): Promise<MetricObject> {
    const { bounds, counts, sum, count } = this.#source;
    let cumulative = 0;
    const buckets = [...bounds, "+Inf"].map((le, i) => {
      cumulative += counts[i] ?? 0;
      return { metricName: `${this.#name}_bucket`, labels: { le }, value: cumulative };
    });
    const values = [
      ...buckets,
      { metricName: `${this.#name}_sum`, labels: {}, value: sum },
      { metricName: `${this.#name}_count`, labels: {}, value: count },
    ];
    return { ...(await this.#template.get()), values };
  }

  /** What the registry asks of a histogram in place of `get` when it writes its text. */
  getForPromString(): Promise<MetricObject> {
    return this.get();
  }
}
