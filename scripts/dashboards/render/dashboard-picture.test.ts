import { describe, expect, it } from "vitest";
import { readDashboards } from "../dashboard.js";
import { PrometheusClient } from "../prometheus-client.js";
import { startStandInPrometheus } from "../testing/stand-in-prometheus.js";
import { drawDashboard } from "./dashboard-picture.js";
import { escapeXml } from "./svg.js";

const range = { startSeconds: 1000, endSeconds: 1030, stepSeconds: 1 };
const variables = { node: "example-leecher-1" };

describe.each(await readDashboards())("the picture of the dashboard $name", ({ dashboard }) => {
  it("has every panel, well-formed, where there is data", async () => {
    // Ten nodes, which also stand for all other labels.
    const series = Array.from({ length: 10 }, (_, i) => ({
      metric: { node: `example-leecher-${i}`, role: "leecher", assumption: `<${i}>`, term: "a & b" },
      value: String(i / 10),
    }));
    await using prometheus = await startStandInPrometheus({ answer: () => series });
    const { svg, emptyPanels } = await drawDashboard(
      new PrometheusClient(prometheus.url),
      dashboard,
      variables,
      range,
    );
    expect(emptyPanels).toEqual([]);
    const titles = dashboard.panels.map(({ title }) => title);
    expect(titles.filter((title) => !svg.includes(`>${escapeXml(title)}</text>`))).toEqual([]);
    expect(svg.match(/.{0,50}(NaN|undefined|Infinity).{0,50}/)).toBeNull();
    expect(unclosed(svg)).toEqual([]);
  });

  it("names the panels that are empty, but for those that say what that means", async () => {
    await using prometheus = await startStandInPrometheus({ answer: () => [] });
    const { svg, emptyPanels } = await drawDashboard(
      new PrometheusClient(prometheus.url),
      dashboard,
      variables,
      range,
    );
    const panels = dashboard.panels.filter(({ type }) => type !== "row");
    const unexplained = panels.filter(({ fieldConfig }) => fieldConfig.defaults.noValue === undefined);
    expect(emptyPanels).toEqual(unexplained.map(({ title }) => title));
    expect(unclosed(svg)).toEqual([]);
  });
});

/** The names of elements that are opened and not closed in order. */
function unclosed(svg: string): string[] {
  const open: string[] = [];
  for (const [, slash, name = "", rest = ""] of svg.matchAll(/<(\/?)(\w+)([^>]*)>/g)) {
    if (slash === "") {
      if (!rest.endsWith("/")) open.push(name);
    } else if (open.pop() !== name) {
      return [`</${name}>`];
    }
  }
  return open;
}
