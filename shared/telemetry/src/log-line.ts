const levelNames: Readonly<Record<number, string>> = {
  10: "trace",
  20: "debug",
  30: "info",
  40: "warn",
  50: "error",
  60: "fatal",
};

/** Turns pino's JSON into `12:00:01 info  message key=value` (local time); an error's stack follows on lines of its own. */
export function formatLine(json: string): string {
  const { level, time, name: _, msg, err, ...rest }: Record<string, unknown> = JSON.parse(json);
  const clock = new Date(Number(time)).toTimeString().slice(0, 8);
  const levelName = (levelNames[Number(level)] ?? String(level)).padEnd(5);
  const fields = Object.entries(rest).map(([key, value]) => ` ${key}=${fieldText(value)}`);
  return `${clock} ${levelName} ${String(msg ?? "")}${fields.join("")}${errorText(err)}\n`;
}

function fieldText(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return /^[^\s"=]+$/.test(text) || typeof value !== "string" ? text : JSON.stringify(text);
}

function errorText(error: unknown): string {
  if (typeof error !== "object" || error === null) return "";
  if ("stack" in error && typeof error.stack === "string") return `\n${error.stack}`;
  return ` err=${JSON.stringify(error)}`;
}
