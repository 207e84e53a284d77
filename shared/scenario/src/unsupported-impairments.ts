import type { Link } from "./link.js";

/**
 * What of a declared link a node cannot emulate in its own transport (the backend `userspace`), a sentence each, to be said
 * aloud: TCP has already repaired a stream when its bytes get there.
 */
export function unsupportedImpairments(link: Link): string[] {
  const sentences: string[] = [];
  if (link.loss) sentences.push("loss applies to datagrams only: the emulated TCP streams lose nothing");
  if (link.duplicatePercent > 0) sentences.push("duplicate applies to datagrams only");
  if (link.corruptPercent > 0) sentences.push("corrupt is not emulated");
  if (link.reorderPercent > 0) sentences.push("reorder is not emulated");
  return sentences;
}
