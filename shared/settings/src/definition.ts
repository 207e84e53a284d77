import { z } from "zod";

/** What a program can be told, described once: flags, environment, file and help all come from it. */
export interface SettingsDefinition<Shape extends z.ZodRawShape> {
  /** The program's name, as it is typed. */
  readonly name: string;
  /** What the program is, in one sentence. */
  readonly summary: string;
  readonly version: string;
  /** What its environment variables begin with, for example `SWARMLAB_PEER_`. */
  readonly environmentPrefix: string;
  /** One flat object; keys in camelCase; each field has a `.describe()`. Prefer `.prefault("10s")` to `.default(10_000)`: help shows it as written. */
  readonly schema: z.ZodObject<Shape>;
}

/** The checked values of a definition. */
export type SettingsOf<Definition> =
  Definition extends SettingsDefinition<infer Shape> ? z.output<z.ZodObject<Shape>> : never;

/** One setting and how it is written in each source. */
export interface Field {
  readonly key: string;
  readonly flag: string;
  readonly environmentName: string;
  readonly kind: "boolean" | "number" | "text";
  /** The flag may be repeated; in the environment, values are separated by commas. */
  readonly repeated: boolean;
  readonly description: string;
  readonly placeholder: string;
  /** As the user would write it; undefined when there is none. */
  readonly defaultText: string | undefined;
  readonly required: boolean;
}

export function defineSettings<Shape extends z.ZodRawShape>(
  definition: SettingsDefinition<Shape>,
): SettingsDefinition<Shape> {
  return definition;
}

/** The fields of a definition in the order of its schema. */
export function fieldsOf<Shape extends z.ZodRawShape>(definition: SettingsDefinition<Shape>): Field[] {
  return Object.entries(definition.schema.shape).map(([key, schema]) => {
    const words = key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    const facts = unwrap(schema);
    return {
      key,
      flag: words,
      environmentName: definition.environmentPrefix + words.replaceAll("-", "_").toUpperCase(),
      kind:
        facts.leaf instanceof z.ZodBoolean
          ? "boolean"
          : facts.leaf instanceof z.ZodNumber
            ? "number"
            : "text",
      repeated: facts.repeated,
      description: facts.description ?? "",
      placeholder: facts.placeholder ?? placeholderOf(facts.leaf),
      defaultText: facts.defaultText,
      required: !z.safeParse(schema, undefined).success,
    };
  });
}

interface Facts {
  readonly leaf: unknown;
  repeated: boolean;
  description?: string;
  placeholder?: string;
  defaultText?: string;
}

/** Looks through the wrappers (optional, default, pipe, array) at what is inside; the outermost statement counts. */
function unwrap(schema: unknown): Facts {
  const facts = unwrapInner(schema);
  if (!(schema instanceof z.ZodType)) return facts;
  const meta = schema.meta();
  if (meta?.description !== undefined) facts.description = meta.description;
  if (typeof meta?.placeholder === "string") facts.placeholder = meta.placeholder;
  return facts;
}

function unwrapInner(schema: unknown): Facts {
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault) {
    const facts = unwrap(schema.def.innerType);
    const text = writtenForm(schema.def.defaultValue);
    if (text !== undefined) facts.defaultText = text;
    return facts;
  }
  if (schema instanceof z.ZodOptional) return unwrap(schema.def.innerType);
  if (schema instanceof z.ZodPipe) return unwrap(schema.def.in);
  if (schema instanceof z.ZodArray) return { ...unwrap(schema.def.element), repeated: true };
  return { leaf: schema, repeated: false };
}

function writtenForm(value: unknown): string | undefined {
  if (value === false || value === undefined) return undefined;
  if (Array.isArray(value)) return value.length === 0 ? undefined : value.join(",");
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

function placeholderOf(leaf: unknown): string {
  if (leaf instanceof z.ZodEnum) return leaf.options.join("|");
  return leaf instanceof z.ZodNumber ? "N" : "TEXT";
}
