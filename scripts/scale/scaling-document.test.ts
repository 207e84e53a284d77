import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { partOf } from "./document.js";
import { documentParts } from "./document-parts.js";
import { readResults } from "./results.js";

const docs = fileURLToPath(new URL("../../docs/", import.meta.url));

describe("docs/scaling.md", () => {
  it("shows what was measured: renew it by `npm run scale -- tables --into docs/scaling.md`", async () => {
    const document = await readFile(`${docs}scaling.md`, "utf8");
    const parts = documentParts(await readResults(`${docs}measurements/scaling.json`));
    for (const [name, text] of Object.entries(parts)) expect(partOf(document, name), name).toBe(text);
  });
});
