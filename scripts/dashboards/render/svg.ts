/** A rectangle on the picture, in pixels from its upper left corner. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface TextStyle {
  readonly size?: number;
  readonly colour?: string;
  readonly anchor?: "start" | "middle" | "end";
  readonly isBold?: boolean;
}

/** The part of the font size that a character takes on average in common sans-serif fonts; rather too much. */
const characterWidth = 0.58;

export function textWidth(words: string, size: number): number {
  return words.length * size * characterWidth;
}

/** Cuts what is longer than `width` pixels, with an ellipsis. */
export function fitted(words: string, size: number, width: number): string {
  // A word must fit into the width that was reckoned for it.
  const room = Math.max(1, Math.floor(width / (size * characterWidth) + 0.01));
  return words.length <= room ? words : `${words.slice(0, room - 1)}…`;
}

/** Lines of whole words that fit into `width` pixels, as far as words do. */
export function wrapped(words: string, size: number, width: number): string[] {
  const lines: string[] = [];
  for (const word of words.split(" ")) {
    const line = lines.at(-1);
    const longer = line === undefined ? word : `${line} ${word}`;
    if (line !== undefined && textWidth(longer, size) <= width) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}

/** `y` is that of the baseline. */
export function text(x: number, y: number, words: string, style: TextStyle = {}): string {
  const { size = 12, colour = "#444", anchor = "start", isBold = false } = style;
  const weight = isBold ? ' font-weight="600"' : "";
  const place = anchor === "start" ? "" : ` text-anchor="${anchor}"`;
  return `<text x="${number(x)}" y="${number(y)}" font-size="${number(size)}" fill="${colour}"${place}${weight}>${escapeXml(words)}</text>`;
}

export function rectangle({ x, y, width, height }: Box, fill: string, attributes = ""): string {
  return `<rect x="${number(x)}" y="${number(y)}" width="${number(Math.max(0, width))}" height="${number(Math.max(0, height))}" fill="${fill}" ${attributes}/>`;
}

/** A line, or with `fill` an area; `data` is that of a path. */
export function path(data: string, attributes: string): string {
  return `<path d="${data}" ${attributes}/>`;
}

/** Coordinates with a tenth of a pixel: more only makes the file longer. */
export function number(value: number): string {
  return String(Math.round(value * 10) / 10);
}

export function escapeXml(words: string): string {
  return words.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
