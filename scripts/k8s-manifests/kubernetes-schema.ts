import { readdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import type { Manifest } from "./manifest.js";

const schemasFolder = fileURLToPath(new URL("schemas", import.meta.url));

type JsonSchema = z.core.JSONSchema.JSONSchema;
const jsonSchema = z.custom<JsonSchema>((value) => typeof value === "object" && value !== null);
const documentSchema = z.object({
  kubernetes: z.string(),
  madeFrom: z.string(),
  kinds: z.record(z.string(), z.string()),
  $defs: z.record(z.string(), jsonSchema),
});

/** What one version of Kubernetes takes. */
export class KubernetesSchema {
  readonly #document: z.infer<typeof documentSchema>;
  readonly #kinds = new Map<string, z.ZodType>();

  private constructor(document: z.infer<typeof documentSchema>) {
    this.#document = document;
  }

  /** One for each version of which there are schemas, the oldest first. */
  static async readAll(): Promise<KubernetesSchema[]> {
    const files = (await readdir(schemasFolder)).sort();
    return Promise.all(
      files.map(async (file) => {
        const json: unknown = JSON.parse(await readFile(`${schemasFolder}/${file}`, "utf8"));
        return new KubernetesSchema(documentSchema.parse(json));
      }),
    );
  }

  /** Such as `1.36`. */
  get version(): string {
    return this.#document.kubernetes;
  }

  /** What is wrong with an object: unknown fields, wrong types, and what is missing. Nothing when it is right. */
  problemsOf(manifest: Manifest): string[] {
    return this.#problems(manifest, this.#document.$defs, "whole");
  }

  /** The same for a part of an object, as patches are: nothing is missing in them. */
  problemsOfPart(part: Manifest): string[] {
    const $defs = Object.fromEntries(
      Object.entries(this.#document.$defs).map(([name, { required: _, ...definition }]) => [
        name,
        definition,
      ]),
    );
    return this.#problems(withoutDirectives(part), $defs, "part");
  }

  #problems(value: unknown, $defs: Record<string, JsonSchema>, purpose: "whole" | "part"): string[] {
    const { apiVersion, kind } = z.object({ apiVersion: z.string(), kind: z.string() }).parse(value);
    const definition = this.#document.kinds[`${apiVersion} ${kind}`];
    if (definition === undefined) return [`there is no ${kind} of ${apiVersion}`];
    const key = `${purpose} ${definition}`;
    const schema = this.#kinds.get(key) ?? z.fromJSONSchema({ $ref: `#/$defs/${definition}`, $defs });
    this.#kinds.set(key, schema);
    const result = schema.safeParse(value);
    if (result.success) return [];
    return result.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
  }
}

/** What tells kustomize how to patch is no field. */
function withoutDirectives(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutDirectives);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([name]) => name !== "$patch");
  return Object.fromEntries(entries.map(([name, field]) => [name, withoutDirectives(field)]));
}
