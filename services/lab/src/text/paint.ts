import { styleText } from "node:util";

/** Colours a text, or leaves it as it is. */
export type Paint = (style: "bold" | "dim" | "green" | "red" | "cyan", text: string) => string;

/** Colours for a terminal that shows them, unless NO_COLOR (no-color.org) or the like forbids them. */
export function paintFor(stream: NodeJS.WriteStream): Paint {
  const hasColors = stream.isTTY && stream.hasColors();
  return (style, text) => (hasColors ? styleText(style, text, { validateStream: false }) : text);
}
