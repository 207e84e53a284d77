import { parseArgs } from "node:util";
import type { Field } from "./definition.js";
import { SettingsError } from "./settings-error.js";
import { suggestion } from "./suggestion.js";

/** A value as a source gave it, and the name under which the user finds it there. */
interface Given {
  readonly value: unknown;
  readonly origin: string;
}

export type GivenSettings = Map<string, Given>;

/** What the command line said. `help`, `version` and `config` are every program's own flags. */
export interface CommandLine {
  readonly given: GivenSettings;
  readonly request: "help" | "version" | undefined;
  readonly configPath: string | undefined;
}

/** Reads `--flag value`, `--flag=value`, `--json`, `--no-json`; of a flag that is given twice, the last counts. */
export function readFlags(fields: readonly Field[], argv: readonly string[]): CommandLine {
  const byFlag = new Map(fields.map((field) => [field.flag, field]));
  const options: Record<string, { type: "string" | "boolean"; multiple: true; short?: string }> = {
    help: { type: "boolean", multiple: true, short: "h" },
    version: { type: "boolean", multiple: true },
    config: { type: "string", multiple: true },
  };
  for (const { flag, kind } of fields) {
    options[flag] = { type: kind === "boolean" ? "boolean" : "string", multiple: true };
  }
  const { tokens } = parseArgs({
    args: [...argv],
    options,
    strict: false,
    tokens: true,
    allowPositionals: true,
  });
  const given: GivenSettings = new Map();
  let request: CommandLine["request"];
  let configPath: string | undefined;
  for (const token of tokens) {
    if (token.kind === "positional") {
      throw new SettingsError("UNKNOWN_SETTING", `"${token.value}" belongs to no flag`);
    }
    if (token.kind === "option-terminator") continue;
    if (token.name === "help" || token.name === "version") {
      request ??= token.name;
      continue;
    }
    const negated = token.name.startsWith("no-") ? byFlag.get(token.name.slice(3)) : undefined;
    if (negated?.kind === "boolean" && token.value === undefined) {
      given.set(negated.key, { value: false, origin: token.rawName });
      continue;
    }
    const field = byFlag.get(token.name);
    if (field?.kind === "boolean") {
      const value = token.value === undefined ? true : fromText(field, token.value);
      given.set(field.key, { value, origin: token.rawName });
      continue;
    }
    if (field === undefined && token.name !== "config") {
      const known = [...byFlag.keys(), "config", "help", "version"].map((flag) => `--${flag}`);
      throw new SettingsError(
        "UNKNOWN_SETTING",
        `unknown flag ${token.rawName}${suggestion(token.rawName, known)}; --help lists all flags`,
      );
    }
    if (token.value === undefined || (!token.inlineValue && /^--?[a-z]/i.test(token.value))) {
      throw new SettingsError("MISSING_VALUE", `${token.rawName} needs a value`);
    }
    if (field === undefined) configPath = token.value;
    else addText(given, field, token.value, token.rawName);
  }
  return { given, request, configPath };
}

function addText(given: GivenSettings, field: Field, text: string, origin: string): void {
  const value = fromText(field, text);
  const earlier = given.get(field.key)?.value;
  const list = Array.isArray(earlier) ? [...earlier, value] : [value];
  given.set(field.key, { value: field.repeated ? list : value, origin });
}

/** Variables of this program. Unknown ones with its prefix are named in `warnings`: other programs may share the environment (Kubernetes adds `…_SERVICE_HOST` and the like). */
export function readEnvironment(
  fields: readonly Field[],
  prefix: string,
  environment: Readonly<Record<string, string | undefined>>,
): { given: GivenSettings; warnings: string[] } {
  const given: GivenSettings = new Map();
  const known = new Map(fields.map((field) => [field.environmentName, field]));
  const warnings: string[] = [];
  for (const [name, text] of Object.entries(environment)) {
    if (text === undefined || !name.startsWith(prefix)) continue;
    const field = known.get(name);
    if (field === undefined) {
      warnings.push(`unknown environment variable ${name}${suggestion(name, [...known.keys()])}`);
    } else if (text !== "") {
      const items = field.repeated ? text.split(",").filter((item) => item.trim() !== "") : [text];
      for (const item of items) addText(given, field, item, name);
    }
  }
  return { given, warnings };
}

/** The content of a JSON settings file: one object whose keys are those of the schema. */
export function readJson(fields: readonly Field[], path: string, content: string): GivenSettings {
  let parsed: unknown;
  try {
    parsed = JSON.parse(content);
  } catch (error) {
    throw new SettingsError("BAD_FILE", `${path} is not JSON: ${String(error)}`, { cause: error });
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) {
    throw new SettingsError("BAD_FILE", `${path} must hold one JSON object`);
  }
  const keys = fields.map((field) => field.key);
  const given: GivenSettings = new Map();
  for (const [key, value] of Object.entries(parsed)) {
    if (!keys.includes(key)) {
      throw new SettingsError("UNKNOWN_SETTING", `${path}: unknown key ${key}${suggestion(key, keys)}`);
    }
    given.set(key, { value, origin: `${path}: ${key}` });
  }
  return given;
}

/** Flags and variables are text; what is not the text of the wanted kind stays as it is, for the schema to refuse. */
function fromText(field: Field, text: string): unknown {
  if (field.kind === "boolean") {
    if (text === "true" || text === "1" || text === "yes") return true;
    return text === "false" || text === "0" || text === "no" ? false : text;
  }
  return field.kind === "number" && /^[-+]?\d+(\.\d+)?$/.test(text.trim()) ? Number(text) : text;
}
