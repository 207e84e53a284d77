import { expect, it } from "vitest";
import { expand } from "./expression.js";

const range = { startSeconds: 1000, endSeconds: 1300, stepSeconds: 2 };

it("replaces variables of the dashboard and those of Grafana", () => {
  expect(expand('rate(x{node="$node"}[$__rate_interval])', { node: "example-leecher-1" }, range)).toBe(
    'rate(x{node="example-leecher-1"}[4s])',
  );
  expect(expand("x offset $__interval + max_over_time(y[$__range])", {}, range)).toBe(
    "x offset 2s + max_over_time(y[300s])",
  );
});

it("leaves what it does not know, so that the query fails", () => {
  expect(expand('x{node="$other"}', { node: "a" }, range)).toBe('x{node="$other"}');
});
