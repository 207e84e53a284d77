import { describe, expect, it } from "vitest";
import { partOf, withPart } from "./document.js";

const document =
  "Before\n\n<!-- costs -->\nold\nlines\n<!-- /costs -->\n\nafter\n<!-- plan -->\n<!-- /plan -->\n";

describe("the parts of a document that a program writes", () => {
  it("are found and replaced, and nothing else is", () => {
    expect(partOf(document, "costs")).toBe("old\nlines");
    const changed = withPart(document, "costs", "| $& | new |");
    expect(partOf(changed, "costs")).toBe("| $& | new |");
    expect(changed.replace("| $& | new |", "old\nlines")).toBe(document);
    expect(withPart(changed, "costs", "old\nlines")).toBe(document);
  });

  it("may be empty, but not missing", () => {
    expect(partOf(document, "plan")).toBe("");
    expect(partOf(withPart(document, "plan", "text"), "plan")).toBe("text");
    expect(() => withPart(document, "limits", "text")).toThrow("no part <!-- limits -->");
  });
});
