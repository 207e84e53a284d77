import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DELAY_DISTRIBUTIONS } from "@swarmlab/scenario/link";
import { delayTable } from "./plan/delay-table.js";

/**
 * The tables of the distributions of jitter, in files of their own, because `tc` reads them from a folder. One is enough
 * for all links of a process; whoever opens it, closes it.
 */
export class DelayTables {
  private constructor(readonly folder: string) {}

  /** Writes the tables to a fresh folder below the system's folder for temporary files. */
  static async open(): Promise<DelayTables> {
    const folder = await mkdtemp(join(tmpdir(), "swarmlab-delay-tables-"));
    for (const distribution of DELAY_DISTRIBUTIONS) {
      await writeFile(join(folder, `${distribution}.dist`), delayTable(distribution));
    }
    return new DelayTables(folder);
  }

  async close(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}
