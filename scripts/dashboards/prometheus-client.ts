import { z } from "zod";

const timeoutMs = 30_000;

/** Prometheus did not answer, or refused a query. */
export class PrometheusError extends Error {
  override readonly name = "PrometheusError";
  constructor(
    readonly code: "UNREACHABLE" | "REFUSED",
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** A span of time in Unix seconds, and how far two samples are apart. */
export interface TimeRange {
  readonly startSeconds: number;
  readonly endSeconds: number;
  readonly stepSeconds: number;
}

export interface Sample {
  readonly atSeconds: number;
  readonly value: number;
}

export interface Series {
  /** `__name__` is one of them where the value is a metric's own. */
  readonly labels: Readonly<Record<string, string>>;
  readonly samples: readonly Sample[];
}

export interface Rule {
  readonly name: string;
  readonly query: string;
  readonly type: "recording" | "alerting";
  /** What went wrong when it was last evaluated. */
  readonly lastError: string | undefined;
}

const pointSchema = z.tuple([z.number(), z.string()]);
const labelsSchema = z.record(z.string(), z.string());
const matrixSchema = z.object({
  resultType: z.literal("matrix"),
  result: z.array(z.object({ metric: labelsSchema, values: z.array(pointSchema) })),
});
const vectorSchema = z.object({
  resultType: z.literal("vector"),
  result: z.array(z.object({ metric: labelsSchema, value: pointSchema })),
});
const rulesSchema = z.object({
  groups: z.array(
    z.object({
      rules: z.array(
        z.object({
          name: z.string(),
          query: z.string(),
          type: z.enum(["recording", "alerting"]),
          lastError: z.string().optional(),
        }),
      ),
    }),
  ),
});

/** The HTTP API of a Prometheus server. All methods reject with a PrometheusError. */
export class PrometheusClient {
  readonly #url: string;

  constructor(url: string) {
    this.#url = url.replace(/\/+$/, "");
  }

  /** Samples that are no finite numbers (0 / 0) are left out, and series that have no other. */
  async queryRange(query: string, { startSeconds, endSeconds, stepSeconds }: TimeRange): Promise<Series[]> {
    const { result } = await this.#get(matrixSchema, "query_range", {
      query,
      start: String(startSeconds),
      end: String(endSeconds),
      step: String(stepSeconds),
    });
    return seriesOf(result.map(({ metric, values }) => ({ metric, values })));
  }

  /** As `queryRange`, with one sample each. */
  async query(query: string, atSeconds: number): Promise<Series[]> {
    const { result } = await this.#get(vectorSchema, "query", { query, time: String(atSeconds) });
    return seriesOf(result.map(({ metric, value }) => ({ metric, values: [value] })));
  }

  /** All that are loaded. */
  async rules(): Promise<Rule[]> {
    const { groups } = await this.#get(rulesSchema, "rules", {});
    return groups.flatMap(({ rules }) =>
      rules.map(({ name, query, type, lastError }) => ({
        name,
        query,
        type,
        lastError: lastError || undefined,
      })),
    );
  }

  async #get<T>(schema: z.ZodType<T>, path: string, parameters: Record<string, string>): Promise<T> {
    const url = `${this.#url}/api/v1/${path}?${new URLSearchParams(parameters)}`;
    const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs) }).catch((cause: unknown) => {
      throw new PrometheusError("UNREACHABLE", `no answer from ${this.#url}`, { cause });
    });
    const text = await response.text();
    if (!response.ok) {
      const what = parameters.query ?? path;
      throw new PrometheusError("REFUSED", `${what}: status ${response.status}, ${text.slice(0, 500)}`);
    }
    return z.object({ data: schema }).parse(JSON.parse(text)).data;
  }
}

interface RawSeries {
  readonly metric: Record<string, string>;
  readonly values: readonly (readonly [number, string])[];
}

function seriesOf(raw: readonly RawSeries[]): Series[] {
  return raw
    .map(({ metric, values }) => ({
      labels: metric,
      samples: values
        .map(([atSeconds, text]) => ({ atSeconds, value: Number(text) }))
        // "+Inf" and "NaN" become NaN.
        .filter(({ value }) => Number.isFinite(value)),
    }))
    .filter(({ samples }) => samples.length > 0);
}
