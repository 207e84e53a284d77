import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type AgentState, emptyState, stateOf } from "./agent-state.js";
import { StateError, StateFile } from "./state-file.js";

let directory: string;
let file: StateFile;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "swarmlab-agent-state-"));
  file = new StateFile(join(directory, "data"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const state = (changedLink: string): AgentState => ({
  version: 1,
  containers: { a: { node: "lab-leecher-1", changedLink, revision: 1 } },
});

describe("a state file", () => {
  it("is empty until it is written, and then what was written", async () => {
    expect(await file.read()).toEqual(emptyState);
    await file.write(() => state("dsl"));
    expect(await file.read()).toEqual(state("dsl"));
    expect(await readdir(join(directory, "data"))).toEqual(["state.json"]);
  });

  it("holds the last of many states, of which most were never written", async () => {
    let written = 0;
    const writes = Array.from({ length: 50 }, (_, index) =>
      file.write(() => {
        written += 1;
        return state(`delay=${index}ms`);
      }),
    );
    await Promise.all(writes);
    expect(await file.read()).toEqual(state("delay=49ms"));
    expect(written).toBeLessThan(5);
  });

  it("goes on after a write that failed", async () => {
    await writeFile(join(directory, "data"), "");
    await expect(file.write(() => emptyState)).rejects.toMatchObject({
      name: "StateError",
      code: "NOT_WRITTEN",
    });
    await rm(join(directory, "data"));
    await file.write(() => state("dsl"));
    expect(await file.read()).toEqual(state("dsl"));
  });

  it("is read whole or refused, whatever is in it", async () => {
    await mkdir(join(directory, "data"));
    const mutation = fc.tuple(fc.nat(), fc.constantFrom("", "x", '"', "}", "1", ","));
    const text = JSON.stringify({ ...state("dsl"), partition: { groups: [["a"], ["b*"]] } });
    const property = fc.asyncProperty(fc.oneof(fc.string(), fc.json(), mutation), async (content) => {
      const [at, inserted] = Array.isArray(content) ? [content[0] % text.length, content[1]] : [0, ""];
      const written = Array.isArray(content) ? text.slice(0, at) + inserted + text.slice(at + 1) : content;
      await writeFile(file.path, written);
      try {
        const read = await file.read();
        expect(read.version).toBe(1);
      } catch (error) {
        expect(error).toBeInstanceOf(StateError);
      }
    });
    await fc.assert(property, { numRuns: 100 });
    expect(await readFile(file.path, "utf8")).toBeDefined();
  });
});

describe("stateOf", () => {
  const partition = { groups: [["a"], ["b"]] };
  const two: AgentState = {
    version: 1,
    partition,
    containers: { a: { node: "a", revision: 1 }, b: { node: "b", revision: 2 } },
  };

  it("forgets what is gone, and a partition with the last container that knew it", () => {
    expect(stateOf(two, new Set(["b", "c"]))).toEqual({
      version: 1,
      partition,
      containers: { b: { node: "b", revision: 2 } },
    });
    expect(stateOf(two, new Set(["c"]))).toEqual(emptyState);
  });
});
