import { describe, expect, it } from "vitest";
import { metricNames } from "./promql.js";

describe("metricNames", () => {
  it("finds metrics and recorded ones, and neither labels nor functions", () => {
    expect(
      metricNames(
        'sum by (node, kind) (rate(bytes_total{kind="x{y}", node=~"a|b"}[5s] offset 1m)) / on (node) group_left () level:x:ratio',
      ),
    ).toEqual(["bytes_total", "level:x:ratio"]);
  });

  it("finds what is compared, joined and excluded", () => {
    expect(metricNames("a > bool 1e3 and on () b == +Inf unless ignoring(x) c or vector(0) or NaN")).toEqual([
      "a",
      "b",
      "c",
    ]);
  });

  it("finds nothing where there is nothing", () => {
    expect(metricNames("time() - 12")).toEqual([]);
  });
});
