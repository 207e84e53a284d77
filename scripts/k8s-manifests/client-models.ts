import { readFile } from "node:fs/promises";
import { pathToFileURL } from "node:url";
import { z } from "zod";

/** A JSON Schema, or a part of one. */
export type JsonSchema = { readonly [keyword: string]: unknown };

/** The schemas of some kinds of one version of Kubernetes, with all that they refer to. */
export interface KindSchemas {
  /** By `apiVersion kind`, the name of the definition. */
  readonly kinds: Readonly<Record<string, string>>;
  readonly $defs: Readonly<Record<string, JsonSchema>>;
}

/** The package is not what this was written for. */
class ClientModelsError extends Error {
  override readonly name = "ClientModelsError";
  readonly code = "UNEXPECTED_MODEL";
}

const modelModule = z.record(z.string(), z.unknown());
const attributes = z.array(
  z.object({ name: z.string(), baseName: z.string(), type: z.string(), format: z.string() }),
);

/**
 * Reads schemas from an unpacked `@kubernetes/client-node`, whose models are generated from the OpenAPI document of a
 * version of Kubernetes: fields and their types from the code, which of them are needed from its declarations. `status`
 * is left out, since only the server writes it. Throws ClientModelsError.
 */
export async function readKindSchemas(
  packageFolder: string,
  kinds: readonly { readonly apiVersion: string; readonly kind: string }[],
): Promise<KindSchemas> {
  const names: Record<string, string> = {};
  for (const { apiVersion, kind } of kinds) {
    names[`${apiVersion} ${kind}`] = await modelOfKind(packageFolder, apiVersion, kind);
  }
  const $defs: Record<string, JsonSchema> = {};
  const waiting = Object.values(names);
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (name in $defs) continue;
    const { schema, references } = await readModel(packageFolder, name);
    $defs[name] = schema;
    waiting.push(...references);
  }
  return {
    kinds: names,
    $defs: Object.fromEntries(Object.entries($defs).sort(([a], [b]) => (a < b ? -1 : 1))),
  };
}

/** The model that is sent to create one of this kind, so that group, version and kind are known to belong together. */
async function modelOfKind(packageFolder: string, apiVersion: string, kind: string): Promise<string> {
  const [version = "", group = "core"] = apiVersion.split("/").reverse();
  const words = [...group.replace(/\.k8s\.io$/, "").split("."), version];
  const api = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join("");
  const declarations = await readFile(`${packageFolder}/dist/gen/apis/${api}Api.d.ts`, "utf8");
  const create = new RegExp(`\\bcreate(?:Namespaced)?${kind}\\((?:namespace: string, )?body: (\\w+)`);
  const model = create.exec(declarations)?.[1];
  if (model === undefined) throw new ClientModelsError(`${api}Api creates no ${kind}`);
  return model;
}

async function readModel(
  packageFolder: string,
  name: string,
): Promise<{ schema: JsonSchema; references: string[] }> {
  const path = `${packageFolder}/dist/gen/models/${name}`;
  const { [name]: model } = modelModule.parse(await import(pathToFileURL(`${path}.js`).href));
  if (typeof model !== "function" || !("attributeTypeMap" in model)) {
    throw new ClientModelsError(`${name} says nothing of its fields`);
  }
  const optional = optionalFields(await readFile(`${path}.d.ts`, "utf8"));
  const fields = attributes.parse(model.attributeTypeMap).filter(({ baseName }) => baseName !== "status");
  const references: string[] = [];
  const properties = Object.fromEntries(
    fields.map(({ baseName, type, format }) => [baseName, schemaOfType(type, format, references)]),
  );
  const required = fields.flatMap(({ name: field, baseName }) => {
    const isOptional = optional.get(field);
    if (isOptional === undefined) throw new ClientModelsError(`${name}.${field} is not declared`);
    return isOptional ? [] : [baseName];
  });
  const schema: JsonSchema = {
    type: "object",
    properties,
    ...(required.length === 0 ? {} : { required }),
    additionalProperties: false,
  };
  return { schema, references };
}

/** By field, from lines such as `'replicas'?: number;`. */
function optionalFields(declarations: string): Map<string, boolean> {
  const lines = declarations.matchAll(/^ {4}'([^']+)'(\??): /gm);
  return new Map(Array.from(lines, ([, field = "", mark]) => [field, mark === "?"]));
}

function schemaOfType(type: string, format: string, references: string[]): JsonSchema {
  const array = /^Array<(.+)>$/.exec(type)?.[1];
  if (array !== undefined) return { type: "array", items: schemaOfType(array, format, references) };
  const map = /^\{ \[key: string\]: (.+); \}$/.exec(type)?.[1];
  if (map !== undefined) {
    return { type: "object", additionalProperties: schemaOfType(map, format, references) };
  }
  switch (type) {
    case "string":
    case "boolean":
      return { type };
    case "Date":
    case "V1MicroTime":
      return { type: "string" };
    case "number":
      return { type: format.startsWith("int") ? "integer" : "number" };
    case "IntOrString":
      return { anyOf: [{ type: "integer" }, { type: "string" }] };
    case "any":
      return {};
  }
  if (!/^\w+$/.test(type)) throw new ClientModelsError(`what is the type ${type}?`);
  references.push(type);
  return { $ref: `#/$defs/${type}` };
}
