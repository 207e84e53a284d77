/** The names by which people and tools call a node: that of its container, and its end after the project's. */
export interface NodeNames {
  readonly name: string;
  readonly shortName: string;
}

/** Whether a name, or the beginning of one before `*`, means this node. */
export function isNamed(node: NodeNames, pattern: string): boolean {
  const names = [node.name, node.shortName];
  if (!pattern.endsWith("*")) return names.includes(pattern);
  const beginning = pattern.slice(0, -1);
  return names.some((name) => name.startsWith(beginning));
}
