import type { FieldSettings } from "../dashboard.js";

type Unit = Pick<FieldSettings, "unit" | "decimals">;

/** How a value is divided and what follows it, from the largest down. */
type Scale = readonly (readonly [divisor: number, suffix: string])[];

const si = (suffix: string): Scale => [
  [1e9, ` G${suffix}`],
  [1e6, ` M${suffix}`],
  [1e3, ` k${suffix}`],
  [1, ` ${suffix}`],
];
const scales: Readonly<Record<string, Scale>> = {
  bps: si("b/s"),
  pps: si("p/s"),
  bytes: [
    [2 ** 30, " GiB"],
    [2 ** 20, " MiB"],
    [2 ** 10, " KiB"],
    [1, " B"],
  ],
  s: [
    [60, " min"],
    [1, " s"],
    [1e-3, " ms"],
    [1e-6, " µs"],
  ],
  short: [
    [1e6, " M"],
    [1e3, " K"],
    [1, ""],
  ],
  percentunit: [[0.01, " %"]],
  cps: [[1, " c/s"]],
  reqps: [[1, " req/s"]],
  none: [[1, ""]],
};
/** Of a step, that sums of floating point may be off. */
const rounding = 1e-9;
/** Below this many seconds a time is not shown in minutes. */
const shownInSeconds = 300;

/** A value in the notation of a Grafana unit. Throws RangeError on a unit that is not known here. */
export function formatValue(value: number, unit: Unit): string {
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "-∞";
  const [divisor, suffix] = scaleOf(unit.unit, Math.abs(value));
  return `${rounded(value / divisor, unit.decimals)}${suffix}`;
}

/** Round values at equal distances from `min` to `max`, about `count` of them at most. */
export function ticks(min: number, max: number, unit: Unit, count: number): number[] {
  const step = tickStep(min, max, unit, count);
  if (step === 0) return [min];
  const first = Math.ceil(min / step - rounding);
  const last = Math.floor(max / step + rounding);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => (first + i) * step);
}

/** The first tick that is not below `max`; above zero when both are zero. */
export function lastTick(min: number, max: number, unit: Unit, count: number): number {
  const step = tickStep(min, max, unit, count);
  return step === 0 ? min + 1 : Math.ceil(max / step - rounding) * step;
}

/** Zero where there is no range. */
function tickStep(min: number, max: number, { unit, decimals }: Unit, count: number): number {
  const [divisor] = scaleOf(unit, Math.max(Math.abs(min), Math.abs(max)));
  const span = (max - min) / divisor;
  if (!(span > 0)) return 0;
  const magnitude = 10 ** Math.floor(Math.log10(span / count));
  const isWhole = decimals === 0 && divisor === 1;
  const sizes = [1, 2, 2.5, 5, 10, 20].map((factor) => factor * magnitude);
  const fitting = sizes.find((size) => span / size <= count + rounding && !(isWhole && size % 1 !== 0));
  return (fitting ?? Math.max(1, Math.ceil(span))) * divisor;
}

function scaleOf(unit = "none", size: number): readonly [number, string] {
  const scale = scales[unit];
  if (scale === undefined) throw new RangeError(`the unit ${unit} is not known: add it to units.ts`);
  const fitting = scale.find(
    ([divisor]) => size >= (unit === "s" && divisor === 60 ? shownInSeconds : divisor),
  );
  const unity = scale.find(([divisor]) => divisor === 1);
  return (size === 0 ? unity : fitting) ?? scale[scale.length - 1] ?? [1, ""];
}

function rounded(value: number, decimals: number | undefined): string {
  if (decimals !== undefined) return value.toFixed(decimals);
  // Three digits that mean something, and no zeros at the end.
  return String(Number(value.toPrecision(Math.abs(value) >= 1000 ? 4 : 3)));
}
