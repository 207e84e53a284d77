import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { assertSameContent } from "./compare-content.js";
import { writeContent } from "./write-content.js";

describe("comparing content", () => {
  let folder = "";
  let expected = "";
  let actual = "";

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "swarmlab-compare-"));
    expected = join(folder, "expected");
    actual = join(folder, "actual");
    for (const side of [expected, actual]) {
      await writeContent(join(side, "large.bin"), 2_500_000, "large");
      await writeContent(join(side, "inner", "empty.bin"), 0, "empty");
    }
  });

  afterEach(() => rm(folder, { recursive: true }));

  it("accepts equal trees, and the same seed gives the same bytes", async () => {
    await expect(assertSameContent(expected, actual)).resolves.toBeUndefined();
  });

  it("finds one byte that differs", async () => {
    const bytes = Buffer.alloc(2_500_000);
    await writeFile(join(expected, "large.bin"), bytes);
    bytes[2_400_000] = 1;
    await writeFile(join(actual, "large.bin"), bytes);
    await expect(assertSameContent(expected, actual)).rejects.toThrow(/large\.bin differs/);
  });

  it("finds a file that is shorter, missing, or too many", async () => {
    await writeContent(join(actual, "large.bin"), 2_499_999, "large");
    await expect(assertSameContent(expected, actual)).rejects.toThrow("2499999 bytes instead of 2500000");
    await rm(join(actual, "large.bin"));
    await expect(assertSameContent(expected, actual)).rejects.toThrow("ENOENT");
    await mkdir(join(actual, "surplus"));
    await expect(assertSameContent(expected, actual)).rejects.toThrow(/surplus should not be there/);
  });

  it("can do without empty files where a client leaves them away", async () => {
    await rm(join(actual, "inner", "empty.bin"));
    await expect(assertSameContent(expected, actual)).rejects.toThrow("ENOENT");
    const options = { emptyFilesMayBeMissing: true };
    await expect(assertSameContent(expected, actual, options)).resolves.toBeUndefined();
  });
});
