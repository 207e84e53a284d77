/** An object out of JSON whose fields are yet to be checked. */
export type JsonRecord = Readonly<Record<string, unknown>>;

export function isRecord(value: unknown): value is JsonRecord {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The object on this line, or undefined when the line is not one. */
export function parseRecord(line: string): JsonRecord | undefined {
  if (!line.startsWith("{")) return undefined;
  try {
    const value: unknown = JSON.parse(line);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** A matcher for `Child.waitForLine`: the first event (`{"event": name, …}`) of that name. */
export function eventNamed(name: string): (line: string) => JsonRecord | undefined {
  return (line) => {
    const record = parseRecord(line);
    return record?.event === name ? record : undefined;
  };
}

export function textField(record: JsonRecord, field: string): string {
  const value = record[field];
  if (typeof value !== "string") throw new TypeError(`no text "${field}" in ${JSON.stringify(record)}`);
  return value;
}

export function numberField(record: JsonRecord, field: string): number {
  const value = record[field];
  if (typeof value !== "number") throw new TypeError(`no number "${field}" in ${JSON.stringify(record)}`);
  return value;
}
