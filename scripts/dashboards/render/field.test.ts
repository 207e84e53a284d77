import { describe, expect, it } from "vitest";
import { colourOf, shown } from "./field.js";

const thresholds = {
  mode: "absolute" as const,
  steps: [
    { color: "green", value: null },
    { color: "red", value: 1 },
  ],
};

describe("a value", () => {
  it("is written as its mapping says, else in its unit", () => {
    const mappings = [{ type: "value" as const, options: { "0": { text: "whole", color: "#123456" } } }];
    expect(shown(0, { mappings })).toEqual({ text: "whole", colour: "#123456" });
    expect(shown(2, { mappings, unit: "none" }).text).toBe("2");
  });

  it("has the colour of the highest threshold that it reaches", () => {
    const settings = { color: { mode: "thresholds" }, thresholds };
    expect(colourOf(0.5, settings, 0)).not.toBe(colourOf(1, settings, 0));
    expect(colourOf(1, settings, 0)).toBe(colourOf(7, settings, 0));
  });

  it("has the colour of its place among the lines otherwise", () => {
    expect(colourOf(1, {}, 0)).not.toBe(colourOf(1, {}, 1));
    expect(colourOf(1, { color: { mode: "fixed", fixedColor: "#abcdef" } }, 3)).toBe("#abcdef");
  });
});
