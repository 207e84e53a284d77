import { describe, expect, it } from "vitest";
import { checkFileName, PathTree } from "./safe-path.js";

const withCode = (code: string) => expect.objectContaining({ code });

describe("checkFileName", () => {
  it.each([
    ["empty", ""],
    ["this directory", "."],
    ["the parent", ".."],
    ["an absolute path", "/etc/passwd"],
    ["a slash inside", "a/b"],
    ["a backslash", "a\\b"],
    ["a NUL", "a\0b"],
    ["a line feed", "a\nb"],
    ["an escape sequence", "\u001b[2J"],
    ["a delete", "a\u007f"],
    ["a C1 control", "a\u009b"],
    ["256 bytes", "é".repeat(128)],
  ])("refuses %s", (_, name) => {
    expect(() => checkFileName(name)).toThrow(withCode("UNSAFE_PATH"));
  });

  it.each(["a", "...", ".hidden", "aux.c", "naïve file (1).txt", "日本語", `${"é".repeat(127)}x`])(
    "accepts %j",
    (name) => {
      expect(() => checkFileName(name)).not.toThrow();
    },
  );
});

describe("PathTree", () => {
  const treeOf = (...paths: string[][]) => {
    const tree = new PathTree();
    for (const path of paths) tree.addFile(path);
  };

  it("takes files that each have a place of their own", () => {
    expect(() => treeOf(["a", "b"], ["a", "c"], ["b"], ["__proto__", "x"], ["constructor"])).not.toThrow();
  });

  it("refuses a file that is there twice", () => {
    expect(() => treeOf(["a", "b"], ["a", "b"])).toThrow(withCode("DUPLICATE_PATH"));
  });

  it("refuses a path that is both a file and a directory, in either order", () => {
    expect(() => treeOf(["a"], ["a", "b"])).toThrow(withCode("DUPLICATE_PATH"));
    expect(() => treeOf(["a", "b"], ["a"])).toThrow(withCode("DUPLICATE_PATH"));
  });

  it("refuses a path that is too long or empty", () => {
    expect(() => treeOf(Array<string>(2049).fill("a"))).toThrow(withCode("UNSAFE_PATH"));
    expect(() => treeOf([])).toThrow(withCode("UNSAFE_PATH"));
  });
});
