import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, renameSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Outside of the tracked tree, and kept from run to run. */
export const cacheFolder = fileURLToPath(new URL("../../.cache/bench", import.meta.url));

/**
 * The folder of an npm package that only benchmarks use, and that therefore is no dependency of this repository.
 * Installs it on first use; its install scripts (native builds) do not run.
 */
export function cachedPackage(name: string, version: string): string {
  const prefix = join(cacheFolder, `${name}@${version}`);
  const folder = join(prefix, "node_modules", name);
  if (!existsSync(folder)) {
    console.log(`installing npm's ${name}@${version} into ${prefix}`);
    mkdirSync(cacheFolder, { recursive: true });
    // Elsewhere first, so that an installation that was broken off is not taken for a whole one.
    const fresh = mkdtempSync(join(cacheFolder, "installing-"));
    const options = ["--ignore-scripts", "--omit=optional", "--no-audit", "--no-fund", "--loglevel=error"];
    execFileSync("npm", ["install", "--prefix", fresh, ...options, `${name}@${version}`], {
      stdio: "inherit",
      cwd: fresh,
    });
    renameSync(fresh, prefix);
  }
  return folder;
}
