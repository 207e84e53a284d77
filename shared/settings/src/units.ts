import { z } from "zod";

/** Bits per second: `5mbit`, `800kbit`, `1.5gbit`, or plain bits. `unlimited` is Infinity. Decimal, as in tc. */
export function bitRate() {
  const expected = "a bit rate such as 800kbit, 5mbit, 1gbit or unlimited (bits a second, never bytes)";
  return quantity("RATE", expected, (text) => {
    if (text === "unlimited") return Number.POSITIVE_INFINITY;
    const rate = scaled(text, { "": 1, bit: 1, kbit: 1e3, mbit: 1e6, gbit: 1e9 });
    return rate !== undefined && rate >= 1 ? rate : undefined;
  });
}

/** Bytes: `64MiB`, `1.5GiB`, `100MB`, or plain bytes; rounded to whole bytes. */
export function byteSize() {
  return quantity("SIZE", "a size such as 64MiB, 1.5GiB or 100MB", (text) => {
    const binary = { kib: 2 ** 10, mib: 2 ** 20, gib: 2 ** 30, tib: 2 ** 40 };
    const decimal = { kb: 1e3, mb: 1e6, gb: 1e9, tb: 1e12 };
    const size = scaled(text, { "": 1, b: 1, ...binary, ...decimal });
    return size !== undefined && size <= Number.MAX_SAFE_INTEGER ? Math.round(size) : undefined;
  });
}

/** Milliseconds: `500ms`, `10s`, `5m`, `2h`. The unit must be written, so that nobody has to guess it. */
export function durationMs() {
  return quantity("TIME", "a time with its unit, such as 500ms, 10s, 5m or 2h", (text) =>
    text === "0" ? 0 : scaled(text, { ms: 1, s: 1e3, m: 60e3, h: 3600e3 }),
  );
}

function quantity(placeholder: string, expected: string, parse: (text: string) => number | undefined) {
  return z
    .union([z.string(), z.number()], { error: `expected ${expected}` })
    .transform((input, context) => {
      const value = parse(String(input).trim());
      if (value !== undefined) return value;
      context.addIssue({ code: "custom", message: `expected ${expected}, not "${input}"` });
      return z.NEVER;
    })
    .meta({ placeholder });
}

function scaled(text: string, units: Readonly<Record<string, number>>): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text);
  if (match === null) return undefined;
  const [, digits = "", unit = ""] = match;
  const factor = Object.hasOwn(units, unit.toLowerCase()) ? units[unit.toLowerCase()] : undefined;
  return factor === undefined ? undefined : Number(digits) * factor;
}
