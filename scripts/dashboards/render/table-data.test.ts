import { expect, it } from "vitest";
import { parseDashboard } from "../dashboard.js";
import { tableOf } from "./table-data.js";

const [panel] = parseDashboard({
  uid: "example",
  title: "Example",
  description: "",
  annotations: { list: [] },
  templating: { list: [] },
  panels: [
    {
      type: "table",
      title: "Nodes",
      gridPos: { x: 0, y: 0, w: 1, h: 1 },
      targets: [
        { refId: "A", expr: "role" },
        { refId: "B", expr: "time" },
      ],
      transformations: [
        { id: "filterFieldsByName", options: { include: { pattern: "^(node|role|Value #B)$" } } },
        { id: "joinByField", options: { byField: "node", mode: "outer" } },
        {
          id: "organize",
          options: {
            indexByName: { node: 0, "Value #B": 1, role: 2 },
            renameByName: { node: "Node", "Value #B": "Time", role: "Role" },
          },
        },
      ],
      options: { sortBy: [{ displayName: "Node", desc: false }] },
    },
  ],
}).panels;

it("joins the queries of a table by node, names and orders its columns and rows", () => {
  if (panel === undefined) throw new Error("no panel");
  const [role, time] = panel.targets;
  if (role === undefined || time === undefined) throw new Error("no targets");
  const series = (labels: Record<string, string>, value: number) => ({
    labels,
    samples: [{ atSeconds: 1, value }],
  });
  const table = tableOf(panel, [
    {
      target: role,
      series: [
        series({ node: "example-10", role: "leecher", job: "peer" }, 1),
        series({ node: "example-9", role: "seeder", job: "peer" }, 1),
      ],
    },
    { target: time, series: [series({ node: "example-10" }, 17.5)] },
  ]);
  expect(table).toEqual({
    columns: ["Node", "Time", "Role"],
    rows: [
      { Node: "example-9", Time: undefined, Role: "seeder" },
      { Node: "example-10", Time: 17.5, Role: "leecher" },
    ],
  });
});
