import type { FieldSettings, Override, Panel } from "../dashboard.js";
import { formatValue } from "./units.js";

/** Colours that people who see few colours tell apart (Okabe and Ito), in the order in which lines take them. */
const palette = [
  "#0072b2",
  "#d55e00",
  "#009e73",
  "#cc79a7",
  "#e69f00",
  "#56b4e9",
  "#7f7f7f",
  "#8c564b",
  "#6a3d9a",
  "#1b7837",
];
const namedColours: Readonly<Record<string, string>> = {
  green: "#009e73",
  red: "#d55e00",
  orange: "#e69f00",
  blue: "#0072b2",
  text: "#24292e",
};

export interface Shown {
  readonly text: string;
  readonly colour: string;
}

/** What holds for a field: the defaults of its panel, and then the overrides that name it. */
export function settingsOf(
  { fieldConfig: { defaults, overrides } }: Panel,
  field: { readonly name: string; readonly refId: string },
): FieldSettings {
  return overrides
    .filter((override) => matches(override, field))
    .flatMap(({ properties }) => properties)
    .reduce((settings, { id, value }) => withProperty(settings, id, value), defaults);
}

/** A value as it is written: its mapping's text or the number in its unit, and its colour. */
export function shown(value: number, settings: FieldSettings, index = 0): Shown {
  const mapped = settings.mappings
    ?.map(({ options }) => options[String(value)])
    .find((each) => each !== undefined);
  return {
    text: mapped?.text ?? formatValue(value, settings),
    colour: mapped?.color === undefined ? colourOf(value, settings, index) : hex(mapped.color),
  };
}

/** The colour of the line with this index, or of a value by its thresholds. */
export function colourOf(value: number, { color, thresholds }: FieldSettings, index: number): string {
  if (color?.mode === "fixed" && color.fixedColor !== undefined) return hex(color.fixedColor);
  if (color?.mode === "thresholds" && thresholds !== undefined) {
    const reached = thresholds.steps.filter((step) => step.value === null || value >= step.value);
    return hex(reached.at(-1)?.color ?? "text");
  }
  return palette[index % palette.length] ?? "#0072b2";
}

function hex(colour: string): string {
  return namedColours[colour] ?? colour;
}

function matches({ matcher }: Override, { name, refId }: { name: string; refId: string }): boolean {
  if (matcher.id === "byName") return matcher.options === name;
  if (matcher.id === "byFrameRefID") return matcher.options === refId;
  return new RegExp(matcher.options).test(name);
}

function withProperty(settings: FieldSettings, id: string, value: unknown): FieldSettings {
  const [key = "", inner] = id.split(".");
  if (inner === undefined) return { ...settings, [key]: value };
  return { ...settings, custom: { ...settings.custom, [inner]: value } };
}
