const keywords = new Set([
  ..."and or unless bool offset inf nan start end".split(" "),
  ..."by without on ignoring group_left group_right".split(" "),
]);

const notAName = [
  /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/g,
  /\{[^}]*\}/g,
  /\[[^\]]*\]/g,
  // Lists of labels.
  /\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)/g,
  // Functions and aggregations.
  /\b[a-z_][a-z0-9_]*\s*(?=\()/gi,
];

/** The names of all metrics that a PromQL expression asks for, recorded ones (with colons) too; sorted. */
export function metricNames(expression: string): string[] {
  const rest = notAName.reduce((text, pattern) => text.replace(pattern, " "), expression);
  // A number with a unit or an exponent begins with a digit and is skipped whole.
  const words = rest.match(/[a-zA-Z0-9_:.]+/g) ?? [];
  const names = words.filter((word) => /^[a-zA-Z_:]/.test(word) && !keywords.has(word.toLowerCase()));
  return [...new Set(names)].sort();
}
