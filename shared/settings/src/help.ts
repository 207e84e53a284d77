import type { z } from "zod";
import { type Field, fieldsOf, type SettingsDefinition } from "./definition.js";

const flagColumnWidth = 30;
const lineWidth = 100;

/** The `--help` text of a program. */
export function helpText<Shape extends z.ZodRawShape>(definition: SettingsDefinition<Shape>): string {
  const entries = fieldsOf(definition).map((field) => entry(written(field), meaning(field)));
  return `${[
    `Usage: ${definition.name} [options]`,
    "",
    definition.summary,
    "",
    "Options:",
    ...entries,
    entry("--config FILE", "a JSON file with the same settings, keys in camelCase"),
    entry("--help, -h", "prints this text"),
    entry("--version", "prints the version"),
    "",
    "A flag wins over its environment variable (in brackets), that over the file, that over the default.",
  ].join("\n")}\n`;
}

function written(field: Field): string {
  if (field.kind !== "boolean") return `--${field.flag} ${field.placeholder}`;
  return field.defaultText === "true" ? `--no-${field.flag}` : `--${field.flag}`;
}

function meaning(field: Field): string {
  const notes = [];
  if (field.repeated) notes.push("may be repeated");
  if (field.required) notes.push("required");
  if (field.defaultText !== undefined) notes.push(`default ${field.defaultText}`);
  const remarks = notes.length === 0 ? "" : ` (${notes.join("; ")})`;
  return `${field.description}${remarks} [${field.environmentName}]`;
}

function entry(flag: string, text: string): string {
  const lines = [""];
  for (const word of text.split(" ")) {
    const last = lines[lines.length - 1] ?? "";
    if (last.length > 0 && last.length + word.length + 1 > lineWidth - flagColumnWidth) lines.push(word);
    else lines[lines.length - 1] = last === "" ? word : `${last} ${word}`;
  }
  const indent = " ".repeat(flagColumnWidth);
  const head = `  ${flag}`;
  const body = lines.join(`\n${indent}`);
  return head.length + 2 > flagColumnWidth
    ? `${head}\n${indent}${body}`
    : head.padEnd(flagColumnWidth) + body;
}
