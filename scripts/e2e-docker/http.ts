import { z } from "zod";

const timeoutMs = 10_000;

/** What a URL answers, checked. Rejects when it does not answer with 200 and just that. */
export async function getJson<T>(url: string, schema: z.ZodType<T>): Promise<T> {
  const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs) });
  const text = await response.text();
  if (!response.ok) throw new Error(`${url} answers ${response.status}: ${text.slice(0, 500)}`);
  return schema.parse(JSON.parse(text));
}

export interface MetricValue {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const queryAnswerSchema = z.object({
  data: z.object({
    result: z.array(
      z.object({ metric: z.record(z.string(), z.string()), value: z.tuple([z.number(), z.string()]) }),
    ),
  }),
});

/** What Prometheus at this URL has for an expression now. */
export async function queryPrometheus(url: string, expression: string): Promise<MetricValue[]> {
  const { data } = await getJson(
    `${url}/api/v1/query?query=${encodeURIComponent(expression)}`,
    queryAnswerSchema,
  );
  return data.result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }));
}

/** All values of one metric out of a page of metrics. */
export async function metricValues(url: string, name: string): Promise<MetricValue[]> {
  const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs) });
  const page = await response.text();
  const values: MetricValue[] = [];
  for (const line of page.split("\n")) {
    const [, metric, labelText = "", value] = /^([a-z_]+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
    if (metric !== name) continue;
    const labels = Array.from(labelText.matchAll(/(\w+)="([^"]*)"/g), ([, key = "", text = ""]) => [
      key,
      text,
    ]);
    values.push({ labels: Object.fromEntries(labels), value: Number(value) });
  }
  return values;
}
