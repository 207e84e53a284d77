import { expect, it } from "vitest";
import { normalForm } from "./normal-form.js";

it("drops what belongs to one Grafana, numbers panels and orders keys", () => {
  const exported = {
    version: 17,
    uid: "example",
    id: 4,
    schemaVersion: 42,
    panels: [{ type: "stat", id: 31, pluginVersion: "12.4.0", options: { b: 1, a: [{ d: 1, c: 2 }] } }],
  };
  expect(JSON.stringify(normalForm(exported))).toBe(
    '{"panels":[{"id":1,"options":{"a":[{"c":2,"d":1}],"b":1},"type":"stat"}],"schemaVersion":41,"uid":"example"}',
  );
});

it("changes nothing the second time", () => {
  const once = normalForm({ uid: "example", panels: [{ type: "row" }, { type: "stat" }] });
  expect(normalForm(once)).toEqual(once);
});
