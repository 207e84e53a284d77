import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { RunError } from "../run/run-error.js";

// This folder has the same place below `src` as below `dist`, so the paths hold for both.
const locations = {
  tracker: "../../../tracker/dist/main.js",
  peer: "../../../peer/dist/main.js",
  lifeline: "../../dist/runner/lifeline.js",
} as const;

/** The built file of a program. Throws RunError `NOT_BUILT`. */
export function builtProgram(program: keyof typeof locations): URL {
  const location = new URL(locations[program], import.meta.url);
  if (existsSync(location)) return location;
  throw new RunError("NOT_BUILT", `${fileURLToPath(location)} is missing: run "npm run build" first`);
}
