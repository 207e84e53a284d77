import { describe, expect, it } from "vitest";
import { PrometheusClient } from "./prometheus-client.js";
import { startStandInPrometheus } from "./testing/stand-in-prometheus.js";

const range = { startSeconds: 100, endSeconds: 102, stepSeconds: 1 };

describe("PrometheusClient", () => {
  it("reads series over a range and at a time", async () => {
    await using prometheus = await startStandInPrometheus({
      answer: () => [{ metric: { node: "example-leecher-1" }, value: "0.5" }],
    });
    const client = new PrometheusClient(`${prometheus.url}/`);
    const labels = { node: "example-leecher-1" };
    const at = (atSeconds: number) => ({ atSeconds, value: 0.5 });
    expect(await client.queryRange("x", range)).toEqual([{ labels, samples: [at(100), at(101), at(102)] }]);
    expect(await client.query("x", 102)).toEqual([{ labels, samples: [at(102)] }]);
  });

  it.each(["NaN", "+Inf", "-Inf"])("takes a series of %s for no data", async (value) => {
    await using prometheus = await startStandInPrometheus({ answer: () => [{ metric: {}, value }] });
    expect(await new PrometheusClient(prometheus.url).queryRange("x", range)).toEqual([]);
  });

  it("says which query was refused, and when nobody answers", async () => {
    const prometheus = await startStandInPrometheus({ answer: () => undefined });
    const client = new PrometheusClient(prometheus.url);
    await expect(client.query("sum(", 1)).rejects.toMatchObject({
      code: "REFUSED",
      message: expect.stringContaining("sum(: status 400"),
    });
    await prometheus[Symbol.asyncDispose]();
    await expect(client.query("x", 1)).rejects.toMatchObject({ code: "UNREACHABLE" });
  });

  it("lists rules with what went wrong", async () => {
    await using prometheus = await startStandInPrometheus({
      answer: () => [],
      rules: [
        { name: "a:b", query: "b", type: "recording", lastError: "many-to-many" },
        { name: "Down", query: "up == 0", type: "alerting", lastError: "" },
      ],
    });
    expect(await new PrometheusClient(prometheus.url).rules()).toEqual([
      { name: "a:b", query: "b", type: "recording", lastError: "many-to-many" },
      { name: "Down", query: "up == 0", type: "alerting", lastError: undefined },
    ]);
  });
});
