import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AnnotationsError, parseAnnotations } from "./annotations.js";

const keys = fc.stringMatching(/^[a-z][a-z0-9./-]{0,20}$/);

/** As Go's `%q` does, for text without bytes that are no UTF-8. */
function quote(value: string): string {
  const quoted = Array.from(value, (character) => {
    const code = character.codePointAt(0) ?? 0;
    if (character === '"' || character === "\\") return `\\${character}`;
    if (character === "\n") return "\\n";
    if (code < 0x20 || code === 0x7f) return `\\x${code.toString(16).padStart(2, "0")}`;
    if (code > 0xffff) return `\\U${code.toString(16).padStart(8, "0")}`;
    return code > 0x7f ? `\\u${code.toString(16).padStart(4, "0")}` : character;
  });
  return `"${quoted.join("")}"`;
}

describe("annotations of the downward API", () => {
  it("are a line each, without a line's end after the last", () => {
    const text = 'kubernetes.io/config.seen="2030-01-01"\nswarmlab.io/link="up=2mbit,delay=25ms"\nempty=""';
    expect([...parseAnnotations(text)]).toEqual([
      ["kubernetes.io/config.seen", "2030-01-01"],
      ["swarmlab.io/link", "up=2mbit,delay=25ms"],
      ["empty", ""],
    ]);
    expect(parseAnnotations("").size).toBe(0);
  });

  it("have values as Go quotes them", () => {
    const text = 'json="{\\"a\\":\\"b=\\\\c\\"}\\n\\t\\a\\x00\\x7f\\u00e9\\U0001f600\\xff"';
    expect(parseAnnotations(text).get("json")).toBe('{"a":"b=\\c"}\n\t\u0007\u0000\u007fé😀\uFFFD');
  });

  it("come back as they were written", () => {
    const values = fc.string({ unit: "grapheme" });
    fc.assert(
      fc.property(fc.uniqueArray(fc.tuple(keys, values), { selector: ([key]) => key }), (annotations) => {
        const text = annotations.map(([key, value]) => `${key}=${quote(value)}`).join("\n");
        expect([...parseAnnotations(text)]).toEqual(annotations);
      }),
    );
  });

  it.each(["link", "link=dsl", 'link="dsl', 'link="d"sl"', '="dsl"', 'link="\\q"', 'link="\\Uffffffff"'])(
    "are refused as %s",
    (line) => {
      expect(() => parseAnnotations(`a="b"\n${line}`)).toThrow(/^line 2 /);
    },
  );

  it("are refused or read, whatever the file holds", () => {
    const parts = fc.constantFrom("a", "=", '"', "\\", "x", "u", "U", "0", "f", "\n", "\u2028");
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(parts).map((list) => list.join("")),
        ),
        (text) => {
          try {
            parseAnnotations(text);
          } catch (error) {
            expect(error).toBeInstanceOf(AnnotationsError);
          }
        },
      ),
    );
  });
});
