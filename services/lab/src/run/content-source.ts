import { mkdir, stat } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import { makeContent } from "@swarmlab/engine/storage/make-content";
import { RunError } from "./run-error.js";

/** What is to be shared. */
export type ContentSource =
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "made"; readonly sizeBytes: number; readonly seed: string };

/**
 * The absolute path of the content: of the file or folder that there is, or of a file made in the folder of the run.
 * Rejects with RunError `BAD_SOURCE`, the system's error, or the signal's reason.
 */
export async function provideContent(
  source: ContentSource,
  runFolder: string,
  signal: AbortSignal,
): Promise<string> {
  if (source.kind === "made") {
    const folder = join(runFolder, "source");
    await mkdir(folder);
    const path = join(folder, "content.bin");
    await makeContent(path, source.sizeBytes, source.seed, signal);
    return path;
  }
  const path = resolve(source.path);
  const status = await stat(path).catch((error: unknown) => {
    throw new RunError(
      "BAD_SOURCE",
      `cannot share ${path}: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    );
  });
  if (!status.isFile() && !status.isDirectory()) {
    throw new RunError("BAD_SOURCE", `cannot share ${path}: it is neither a file nor a folder`);
  }
  if (!relative(path, runFolder).startsWith("..")) {
    throw new RunError("BAD_SOURCE", `cannot share ${path}: the copies would go into it (see --dir)`);
  }
  return path;
}
