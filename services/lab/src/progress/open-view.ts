import { paintFor } from "../text/paint.js";
import { LinesView } from "./lines-view.js";
import type { ProgressView } from "./progress-view.js";

/** Bars on a terminal that is high enough to hold a line for each node, plain lines elsewhere. */
export async function openView(stream: NodeJS.WriteStream, nodeCount: number): Promise<ProgressView> {
  if (!stream.isTTY || stream.rows <= nodeCount + 1) return new LinesView(stream);
  // Only a terminal needs the bars' library.
  const { BarsView } = await import("./bars-view.js");
  return new BarsView(stream, paintFor(stream));
}
