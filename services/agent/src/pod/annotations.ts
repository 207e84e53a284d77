/** What a pod's link, or mix of links, is written in. */
export const linkAnnotation = "swarmlab.io/link";
/** The region, or mix of regions, that a pod is in. */
export const regionAnnotation = "swarmlab.io/region";

/** A file of annotations is not as the downward API writes it. */
export class AnnotationsError extends Error {
  override readonly name = "AnnotationsError";
  readonly code = "BAD_LINE";
}

const linePattern = /^([^=\s]+)="((?:[^"\\]|\\.)*)"$/;
const escapePattern = /\\(?:x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|(.))/g;
const shortEscapes: Readonly<Record<string, string>> = {
  a: "\u0007",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  "\\": "\\",
  '"': '"',
};

/**
 * Reads annotations or labels as the kubelet writes them into a downward API volume: a line `key="value"` for each, the
 * value quoted as Go does (`%q`). Bytes that are no UTF-8 become U+FFFD. Throws AnnotationsError.
 */
export function parseAnnotations(text: string): ReadonlyMap<string, string> {
  const annotations = new Map<string, string>();
  for (const [index, line] of text.split("\n").entries()) {
    if (line === "") continue;
    const [, key, quoted] = linePattern.exec(line) ?? [];
    if (key === undefined || quoted === undefined) {
      throw new AnnotationsError(`line ${index + 1} is not key="value"`);
    }
    annotations.set(key, unquote(quoted, index + 1));
  }
  return annotations;
}

function unquote(quoted: string, lineNumber: number): string {
  return quoted.replace(
    escapePattern,
    (sequence, byte?: string, short?: string, long?: string, letter = "") => {
      // Above ASCII, %q writes single bytes only where they are no UTF-8.
      if (byte !== undefined) return Number.parseInt(byte, 16) < 0x80 ? fromHex(byte) : "\uFFFD";
      const hex = short ?? long;
      if (hex !== undefined && Number.parseInt(hex, 16) <= 0x10ffff) return fromHex(hex);
      const character = hex === undefined ? shortEscapes[letter] : undefined;
      if (character !== undefined) return character;
      throw new AnnotationsError(`line ${lineNumber} has ${sequence}, which stands for nothing`);
    },
  );
}

function fromHex(hex: string): string {
  return String.fromCodePoint(Number.parseInt(hex, 16));
}
