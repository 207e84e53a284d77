import { LinkError } from "./link-error.js";

// The largest unit first, for formatting.
const RATE_UNITS = { gbit: 1e9, mbit: 1e6, kbit: 1e3, bit: 1 };
const TIME_UNITS_MS = { s: 1000, ms: 1, us: 0.001 };

const MIN_BITS_PER_SECOND = 1000;
const MAX_BITS_PER_SECOND = 100e9;
const MAX_TIME_MS = 60_000;

/** A rate like `1.5mbit` in bit/s, or undefined for `unlimited`. Throws LinkError `BAD_RATE`. */
export function parseRate(setting: string, text: string): number | undefined {
  if (text === "unlimited") return undefined;
  if (/bps$/i.test(text)) {
    throw new LinkError(
      "BAD_RATE",
      `${setting}=${text}: tc reads bps as bytes per second; write bit, kbit, mbit or gbit`,
    );
  }
  const bitsPerSecond = Math.round(parseQuantity(text, RATE_UNITS) ?? Number.NaN);
  if (bitsPerSecond >= MIN_BITS_PER_SECOND && bitsPerSecond <= MAX_BITS_PER_SECOND) return bitsPerSecond;
  throw new LinkError(
    "BAD_RATE",
    `${setting}=${text}: give a rate from 1kbit to 100gbit, like 384kbit or 1.5mbit, or unlimited`,
  );
}

/** A time like `40ms` in milliseconds. Throws LinkError `BAD_TIME`. */
export function parseTime(setting: string, text: string): number {
  const timeMs = parseQuantity(text, TIME_UNITS_MS) ?? Number.NaN;
  if (timeMs >= 0 && timeMs <= MAX_TIME_MS) return timeMs;
  throw new LinkError(
    "BAD_TIME",
    `${setting}=${text}: give a time from 0ms to 60s, like 500us, 40ms or 1.5s`,
  );
}

/** A percentage like `0.5%`, from 0 to 100. Throws LinkError `BAD_PERCENT`. */
export function parsePercent(setting: string, text: string): number {
  const percent = parseQuantity(text, { "%": 1 }) ?? Number.NaN;
  if (percent >= 0 && percent <= 100) return percent;
  throw new LinkError("BAD_PERCENT", `${setting}=${text}: give a percentage from 0% to 100%, like 0.5%`);
}

/** The rate in the largest unit that needs no fraction: 1500000 is `1500kbit`. */
export function formatRate(bitsPerSecond: number): string {
  for (const [unit, factor] of Object.entries(RATE_UNITS)) {
    if (bitsPerSecond % factor === 0) return `${bitsPerSecond / factor}${unit}`;
  }
  return `${bitsPerSecond}bit`;
}

function parseQuantity(text: string, units: Readonly<Record<string, number>>): number | undefined {
  const [, number, unit] = /^(\d+(?:\.\d+)?|\.\d+)([a-z%]+)$/i.exec(text) ?? [];
  const factor = unit === undefined ? undefined : units[unit.toLowerCase()];
  return factor === undefined ? undefined : Number(number) * factor;
}
