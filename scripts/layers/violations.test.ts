import { describe, expect, it } from "vitest";
import { findViolations } from "./violations.js";
import type { WorkspacePackage } from "./workspace-package.js";

const bencode = madeOf("shared/bencode", [], []);
const wire = madeOf("shared/wire", ["@swarmlab/bencode"], ["@swarmlab/bencode/decode", "./handshake.js"]);
const engine = madeOf("shared/engine", ["@swarmlab/wire"], ["@swarmlab/wire/handshake", "node:net"]);
const peer = madeOf(
  "services/peer",
  ["@swarmlab/engine", "axios"],
  ["@swarmlab/engine/session/session", "axios"],
);

describe("the check of imports", () => {
  it("accepts imports that point downward and are declared", () => {
    expect(findViolations([bencode, wire, engine, peer], [])).toEqual([]);
  });

  it("refuses an import that points upward", () => {
    const upward = madeOf("shared/wire", ["@swarmlab/engine"], ["@swarmlab/engine/session/session"]);
    expect(violationsOf(upward)).toEqual([
      'shared/wire/src/example.ts imports "@swarmlab/engine/session/session": imports point downward, and @swarmlab/engine is not below @swarmlab/wire',
    ]);
  });

  it("refuses an import from the same layer", () => {
    const sideways = madeOf("shared/metainfo", ["@swarmlab/wire"], ["@swarmlab/wire/handshake"]);
    expect(violationsOf(sideways)).toEqual([expect.stringContaining("imports point downward")]);
  });

  it("refuses a service that imports a service", () => {
    const lab = madeOf("services/lab", ["@swarmlab/peer"], ["@swarmlab/peer/main"]);
    expect(violationsOf(lab)).toEqual([expect.stringContaining("services talk to each other over HTTP")]);
  });

  it("refuses what package.json does not declare, but lets tests use the test tools", () => {
    const undeclared = madeOf("shared/wire", [], ["axios", "@swarmlab/bencode/decode", "vitest"]);
    expect(violationsOf(undeclared)).toEqual([
      expect.stringContaining("does not declare axios"),
      expect.stringContaining("does not declare @swarmlab/bencode"),
      expect.stringContaining("does not declare vitest"),
    ]);
    const test = { ...undeclared, files: [{ path: "src/example.test.ts", imports: ["vitest"] }] };
    expect(violationsOf(test)).toEqual([]);
  });

  it("refuses relative imports that leave the package, and imports of itself by name", () => {
    const leaving = madeOf("shared/wire", [], ["../../bencode/src/decode.js", "@swarmlab/wire/handshake"]);
    expect(violationsOf(leaving)).toEqual([
      expect.stringContaining("it leaves the package"),
      expect.stringContaining("by relative path"),
    ]);
  });

  it("wants the references of tsconfig.json to be the dependencies", () => {
    const without = { ...wire, references: [] };
    const surplus = { ...bencode, references: ["shared/wire"] };
    expect(findViolations([bencode, without], [])).toEqual([
      "shared/wire/tsconfig.json lacks the reference to shared/bencode",
    ]);
    expect(findViolations([surplus, wire], [])).toEqual([
      "shared/bencode/tsconfig.json refers to shared/wire, not a dependency",
    ]);
  });

  it("asks for a place for a new shared package", () => {
    expect(findViolations([madeOf("shared/example", [], [])], [])).toEqual([
      expect.stringContaining("shared/example has no place yet"),
    ]);
  });
});

function madeOf(folder: string, dependencies: string[], imports: string[]): WorkspacePackage {
  const name = `@swarmlab/${folder.split("/")[1]}`;
  const references = dependencies
    .filter((dependency) => dependency.startsWith("@swarmlab/"))
    .map((dependency) =>
      dependency.replace("@swarmlab/", dependency.endsWith("/peer") ? "services/" : "shared/"),
    );
  return { folder, name, dependencies, references, files: [{ path: "src/example.ts", imports }] };
}

function violationsOf(package_: WorkspacePackage): string[] {
  const neighbours = [bencode, wire, engine, peer].filter(({ name }) => name !== package_.name);
  return findViolations([package_, ...neighbours], ["vitest"]);
}
