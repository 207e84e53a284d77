import { readFileSync } from "node:fs";
import type { z } from "zod";
import { fieldsOf, type SettingsDefinition } from "./definition.js";
import { helpText } from "./help.js";
import { SettingsError } from "./settings-error.js";
import { type GivenSettings, readEnvironment, readFlags, readJson } from "./sources.js";

/** Where settings come from. */
export interface SettingsSources {
  /** The arguments after the program's name. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Reads a text file whole. */
  readonly readFile: (path: string) => string;
}

export type LoadedSettings<Values> =
  | { readonly kind: "settings"; readonly values: Values; readonly warnings: readonly string[] }
  | { readonly kind: "help" | "version"; readonly text: string };

/**
 * Reads and checks all settings; a flag wins over the environment, that over the file, that over the default.
 * Throws a {@link SettingsError} whose message says what to write instead.
 */
export function loadSettings<Shape extends z.ZodRawShape>(
  definition: SettingsDefinition<Shape>,
  sources: SettingsSources,
): LoadedSettings<z.output<z.ZodObject<Shape>>> {
  const fields = fieldsOf(definition);
  const { given: flags, request, configPath } = readFlags(fields, sources.argv);
  if (request === "help") return { kind: "help", text: helpText(definition) };
  if (request === "version") return { kind: "version", text: `${definition.version}\n` };

  const { given: environment, warnings } = readEnvironment(fields, definition.environmentPrefix, sources.env);
  const file =
    configPath === undefined ? new Map() : readJson(fields, configPath, readConfig(configPath, sources));
  const given: GivenSettings = new Map([...file, ...environment, ...flags]);

  const input = Object.fromEntries([...given].map(([key, { value }]) => [key, value]));
  const result = definition.schema.safeParse(input);
  if (result.success) return { kind: "settings", values: result.data, warnings };

  const messages = result.error.issues.map((issue) => {
    const key = String(issue.path[0] ?? "");
    const field = fields.find((candidate) => candidate.key === key);
    const origin = given.get(key)?.origin;
    if (origin !== undefined) return `${origin}: ${issue.message}`;
    return field === undefined ? issue.message : `--${field.flag} is needed (or ${field.environmentName})`;
  });
  throw new SettingsError("INVALID_VALUE", messages.join("\n"), { cause: result.error });
}

/**
 * The settings of this process. When there is nothing to run (help, version, or a mistake) it says so on the
 * right stream, sets the exit code (0, or 2 for a mistake) and returns undefined.
 */
export function loadProcessSettings<Shape extends z.ZodRawShape>(
  definition: SettingsDefinition<Shape>,
  argv: readonly string[] = process.argv.slice(2),
): z.output<z.ZodObject<Shape>> | undefined {
  try {
    const readFile = (path: string) => readFileSync(path, "utf8");
    const loaded = loadSettings(definition, { argv, env: process.env, readFile });
    if (loaded.kind === "settings") {
      for (const warning of loaded.warnings) process.stderr.write(`${definition.name}: ${warning}\n`);
      return loaded.values;
    }
    process.stdout.write(loaded.text);
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    process.stderr.write(`${definition.name}: ${error.message}\n`);
    process.exitCode = 2;
  }
  return undefined;
}

function readConfig(path: string, sources: SettingsSources): string {
  try {
    return sources.readFile(path);
  } catch (error) {
    throw new SettingsError("BAD_FILE", `cannot read ${path}: ${String(error)}`, { cause: error });
  }
}
