import { describe, expect, it } from "vitest";
import { type Panel, readDashboards } from "./dashboard.js";
import { normalForm } from "./normal-form.js";

const columns = 24;

describe.each(await readDashboards())("the dashboard $name", ({ name, json, dashboard }) => {
  it("is in its normal form (scripts/dashboards/normalise.ts)", () => {
    // Text, so that the order of keys counts.
    expect(JSON.stringify(json)).toBe(JSON.stringify(normalForm(json)));
  });

  it("has the uid that links point to", () => {
    expect(dashboard.uid).toBe(`swarmlab-${name}`);
  });

  it("explains every panel, and names its queries", () => {
    const panels = dashboard.panels.filter(({ type }) => type !== "row");
    expect(panels.filter(({ description = "" }) => !description.endsWith("."))).toEqual([]);
    const targets = panels.filter(({ type }) => type !== "table").flatMap((panel) => panel.targets);
    expect(targets.filter(({ legendFormat = "__auto" }) => legendFormat === "__auto")).toEqual([]);
  });

  it("has a unit for every axis and value", () => {
    const withValues = dashboard.panels.filter(
      ({ type }) => !["row", "table", "state-timeline"].includes(type),
    );
    expect(withValues.filter(({ fieldConfig }) => fieldConfig.defaults.unit === undefined)).toEqual([]);
  });

  it("has panels beside and below each other, none over another", () => {
    for (const [i, panel] of dashboard.panels.entries()) {
      expect(panel.gridPos.x + panel.gridPos.w, panel.title).toBeLessThanOrEqual(columns);
      const covered = dashboard.panels.slice(i + 1).filter((other) => overlap(panel, other));
      expect(covered.map(({ title }) => title)).toEqual([]);
    }
  });
});

function overlap({ gridPos: a }: Panel, { gridPos: b }: Panel): boolean {
  return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
}
