import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { findViolations } from "./layers/violations.js";
import { readPackage } from "./layers/workspace-package.js";

/** Packages of the root that tests, which are not shipped, may use everywhere. */
const testTools = ["vitest", "fast-check"];

const root = fileURLToPath(new URL("..", import.meta.url));
const packages = ["shared", "services"].flatMap((folder) =>
  readdirSync(`${root}/${folder}`).map((name) => readPackage(root, `${folder}/${name}`)),
);
const violations = findViolations(packages, testTools);
for (const violation of violations) console.error(violation);
if (violations.length > 0) process.exitCode = 1;
