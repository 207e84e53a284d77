import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeEvents } from "./docker-events.js";

const label = "swarmlab.link";

async function decoded(chunks: readonly (string | Uint8Array)[]): Promise<string[]> {
  async function* stream() {
    yield* chunks;
  }
  const ids: string[] = [];
  for await (const id of decodeEvents(stream(), label)) ids.push(id);
  return ids;
}

const start = (id: string, attributes: object) =>
  `${JSON.stringify({ Type: "container", Action: "start", Actor: { ID: id, Attributes: attributes } })}\n`;
const connect = (container: string) =>
  `${JSON.stringify({ Type: "network", Action: "connect", Actor: { ID: "net", Attributes: { container } } })}\n`;

describe("decodeEvents", () => {
  it("gives the containers with the label, and those that joined a network", async () => {
    const chunks = [start("a", { [label]: "" }), start("b", { image: "example" }), connect("c")];
    expect(await decoded(chunks)).toEqual(["a", "c"]);
  });

  it("gives the same however the stream is cut", async () => {
    const name = fc.string({ unit: "grapheme", minLength: 1, maxLength: 10 });
    const property = fc.asyncProperty(
      fc.array(name),
      fc.infiniteStream(fc.integer({ min: 1, max: 50 })),
      async (names, cuts) => {
        const bytes = Buffer.from(names.map((each) => start(each, { [label]: each })).join(""));
        const chunks: Uint8Array[] = [];
        for (let offset = 0; offset < bytes.length; ) {
          const length = cuts.next().value ?? 1;
          chunks.push(bytes.subarray(offset, offset + length));
          offset += length;
        }
        expect(await decoded(chunks)).toEqual(names);
      },
    );
    await fc.assert(property, { numRuns: 50 });
  });

  it("passes over what is no event", async () => {
    const property = fc.asyncProperty(fc.array(fc.oneof(fc.string(), fc.json())), async (lines) => {
      const chunks = lines.map((line) => `${line.replaceAll("\n", " ")}\n`);
      expect(await decoded([...chunks, start("a", { [label]: "" })])).toContain("a");
    });
    await fc.assert(property, { numRuns: 50 });
  });

  it("breaks off a stream without lines, instead of keeping all of it", async () => {
    await expect(decoded(Array<string>(11).fill("x".repeat(100_000)))).rejects.toThrow(RangeError);
  });
});
