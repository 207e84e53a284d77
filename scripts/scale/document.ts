/** A text with parts between `<!-- NAME -->` and `<!-- /NAME -->` that a program writes. */
export function partOf(document: string, name: string): string {
  const [, part] = partPattern(name).exec(document) ?? [];
  if (part === undefined) throw new Error(`the document has no part <!-- ${name} -->`);
  return part.trim();
}

/** The document with another text in the part of that name. */
export function withPart(document: string, name: string, text: string): string {
  partOf(document, name);
  return document.replace(partPattern(name), () => `<!-- ${name} -->\n${text}\n<!-- /${name} -->`);
}

function partPattern(name: string): RegExp {
  return new RegExp(`<!-- ${name} -->\n([^]*?)\n?<!-- /${name} -->`);
}
