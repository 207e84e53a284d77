import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The built program of a service of this repository. */
export function serviceProgram(service: "tracker" | "peer"): string {
  const path = fileURLToPath(new URL(`../../services/${service}/dist/main.js`, import.meta.url));
  if (!existsSync(path)) throw new Error(`${path} is not built: run "npm run build" first`);
  return path;
}
