import { readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import ts from "typescript";
import { isRecord, type JsonRecord } from "../process/json-lines.js";

/** A package of this repository, as far as its imports go. */
export interface WorkspacePackage {
  /** From the root, for example `shared/wire`. */
  readonly folder: string;
  readonly name: string;
  /** Names of all packages that its package.json declares. */
  readonly dependencies: readonly string[];
  /** The folders that its tsconfig.json refers to, from the root. */
  readonly references: readonly string[];
  readonly files: readonly SourceFile[];
}

export interface SourceFile {
  /** From the package's folder, for example `src/handshake.ts`. */
  readonly path: string;
  /** What it imports, as written: `node:fs`, `./wire-error.js`, `@swarmlab/bencode/decode`. */
  readonly imports: readonly string[];
}

export function readPackage(root: string, folder: string): WorkspacePackage {
  const manifest = readJson(join(root, folder, "package.json"));
  const { references } = readJson(join(root, folder, "tsconfig.json"));
  return {
    folder,
    name: String(manifest.name),
    dependencies: Object.keys(isRecord(manifest.dependencies) ? manifest.dependencies : {}),
    references: (Array.isArray(references) ? references : [])
      .filter(isRecord)
      .map(({ path }) => posix.join(folder, String(path))),
    files: readdirSync(join(root, folder, "src"), { recursive: true, encoding: "utf8" })
      .filter((path) => path.endsWith(".ts"))
      .map((path) => readSource(join(root, folder), posix.join("src", path))),
  };
}

function readSource(packageFolder: string, path: string): SourceFile {
  const { importedFiles } = ts.preProcessFile(readFileSync(join(packageFolder, path), "utf8"), true, true);
  return { path, imports: importedFiles.map(({ fileName }) => fileName) };
}

function readJson(path: string): JsonRecord {
  const value: unknown = JSON.parse(readFileSync(path, "utf8"));
  if (!isRecord(value)) throw new TypeError(`${path} is not an object`);
  return value;
}
