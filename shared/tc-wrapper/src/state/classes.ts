import { HTB_MAJOR } from "../plan/names.js";
import { TcOutputError } from "./tc-output-error.js";

/** A class of ours that is in the kernel. */
export interface ShownClass {
  readonly minor: number;
  /** Undefined is the root. */
  readonly parentMinor: number | undefined;
  readonly rateBitsPerSecond: number;
  readonly ceilBitsPerSecond: number;
  /** The time that a burst takes, in the kernel's ticks of 64 ns. */
  readonly burstTicks: number;
  readonly ceilBurstTicks: number;
  /** Shown of classes without classes below them only. */
  readonly quantumBytes: number | undefined;
}

const UNITS: Readonly<Record<string, number>> = { "": 1, K: 1e3, M: 1e6, G: 1e9, T: 1e12 };

/**
 * Reads what `tc -d -r class show dev …` prints, and finds our classes in it. It is text, as most versions of tc know no
 * JSON for classes. Throws TcOutputError.
 */
export function parseClasses(text: string): ShownClass[] {
  const classes: ShownClass[] = [];
  for (const line of text.split("\n")) {
    const [, major = "", minor = ""] = /^class htb ([0-9a-f]{1,4}):([0-9a-f]{1,4}) /.exec(line) ?? [];
    if (major !== "" && Number.parseInt(major, 16) === HTB_MAJOR) classes.push(readClass(line, minor));
  }
  return classes;
}

function readClass(line: string, minor: string): ShownClass {
  const value = (pattern: RegExp): string | undefined => pattern.exec(line)?.[1];
  const parent = value(/ parent [0-9a-f]{1,4}:([0-9a-f]{1,4}) /);
  const quantum = value(/ quantum (\d+) /);
  const shown = {
    minor: Number.parseInt(minor, 16),
    parentMinor: parent === undefined ? undefined : Number.parseInt(parent, 16),
    rateBitsPerSecond: readRate(value(/ rate (\S+) /)),
    ceilBitsPerSecond: readRate(value(/ ceil (\S+) /)),
    burstTicks: Number.parseInt(value(/ buffer \[([0-9a-f]{1,8})\]/) ?? "", 16),
    ceilBurstTicks: Number.parseInt(value(/ cbuffer \[([0-9a-f]{1,8})\]/) ?? "", 16),
    quantumBytes: quantum === undefined ? undefined : Number(quantum),
  };
  const numbers = [shown.rateBitsPerSecond, shown.ceilBitsPerSecond, shown.burstTicks, shown.ceilBurstTicks];
  if (numbers.some(Number.isNaN)) throw new TcOutputError("tc class show", line, "no rate or burst");
  return shown;
}

function readRate(text: string | undefined): number {
  const [, number, unit = ""] = /^(\d{1,15})([KMGT]?)bit$/.exec(text ?? "") ?? [];
  return number === undefined ? Number.NaN : Number(number) * (UNITS[unit] ?? Number.NaN);
}
