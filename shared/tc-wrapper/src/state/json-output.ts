import type { z } from "zod";
import { TcOutputError } from "./tc-output-error.js";

/**
 * What one command printed with `-j`. Nothing at all stands for an empty list, as some versions print for what is not
 * there. Throws TcOutputError.
 */
export function parseJsonOutput<T>(program: string, text: string, schema: z.ZodType<T[]>): T[] {
  if (text.trim() === "") return [];
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new TcOutputError(program, text, "no JSON");
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new TcOutputError(program, text, `${issue?.path.join(".")}: ${issue?.message}`);
}
