import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { findProgram } from "../process/find-program.js";
import { type Manifest, parseManifests } from "./manifest.js";

/** Where the kustomizations are. */
export const manifestsFolder = fileURLToPath(new URL("../../k8s", import.meta.url));

const programs = [
  { name: "kubectl", command: "kustomize" },
  { name: "kustomize", command: "build" },
];

/**
 * Renders a folder with a kustomization to what `kubectl apply -k` would send. Undefined where there is neither kubectl nor
 * kustomize: npm has nothing maintained that does it.
 */
export function findRenderer(): ((folder: string) => Manifest[]) | undefined {
  for (const { name, command } of programs) {
    const program = findProgram(name);
    if (program !== undefined) {
      return (folder) => {
        const options = { encoding: "utf8", maxBuffer: 64 * 1024 * 1024, cwd: manifestsFolder } as const;
        return parseManifests(execFileSync(program, [command, folder], options));
      };
    }
  }
  return undefined;
}
