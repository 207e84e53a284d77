// Writes schemas/kubernetes-*.json, from the official JavaScript client on npm: `npx tsx scripts/k8s-manifests/make-schemas.ts`.
// With --check it writes nothing, and fails when they are not what that client says. Each package is 60 MB large, of which
// the tests need 70 KB: so they are no dependencies of this repository.
import { type ExecFileSyncOptionsWithStringEncoding, execFileSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { isDeepStrictEqual } from "node:util";
import { readKindSchemas } from "./client-models.js";

/** Three recent versions of Kubernetes that there is a client for. */
const clients = [
  { kubernetes: "1.33", package: "@kubernetes/client-node@1.3.0" },
  { kubernetes: "1.34", package: "@kubernetes/client-node@1.4.0" },
  { kubernetes: "1.36", package: "@kubernetes/client-node@2.0.1" },
] as const;

const kinds = [
  { apiVersion: "v1", kind: "Namespace" },
  { apiVersion: "v1", kind: "ServiceAccount" },
  { apiVersion: "v1", kind: "ConfigMap" },
  { apiVersion: "v1", kind: "PersistentVolumeClaim" },
  { apiVersion: "v1", kind: "Service" },
  { apiVersion: "apps/v1", kind: "Deployment" },
  { apiVersion: "apps/v1", kind: "StatefulSet" },
  { apiVersion: "policy/v1", kind: "PodDisruptionBudget" },
  { apiVersion: "networking.k8s.io/v1", kind: "NetworkPolicy" },
  { apiVersion: "rbac.authorization.k8s.io/v1", kind: "Role" },
  { apiVersion: "rbac.authorization.k8s.io/v1", kind: "RoleBinding" },
] as const;

const schemasFolder = fileURLToPath(new URL("schemas", import.meta.url));
const formatter = fileURLToPath(new URL("../../node_modules/@biomejs/biome/bin/biome", import.meta.url));
const isCheck = process.argv.includes("--check");

for (const { kubernetes, package: specifier } of clients) {
  const path = join(schemasFolder, `kubernetes-${kubernetes}.json`);
  const folder = await mkdtemp(join(tmpdir(), "swarmlab-schemas-"));
  try {
    unpack(specifier, folder);
    const document = {
      kubernetes,
      madeFrom: `npm's ${specifier} (Apache-2.0)`,
      ...(await readKindSchemas(join(folder, "package"), kinds)),
    };
    if (!isCheck) {
      await writeFile(path, onePropertyALine(JSON.stringify(document, undefined, 2)));
      execFileSync(process.execPath, [formatter, "format", "--write", path], { stdio: "inherit" });
    } else if (isDeepStrictEqual(JSON.parse(await readFile(path, "utf8")), document)) {
      console.log(`${path} is what ${specifier} says`);
    } else {
      console.error(`${path} is not what ${specifier} says: run scripts/k8s-manifests/make-schemas.ts`);
      process.exitCode = 1;
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function onePropertyALine(json: string): string {
  return json.replace(/\{\s*("(?:type|\$ref)": "[^"]*")\s*\}/g, "{ $1 }");
}

/** Fetches a package as it was published, without what it depends on. */
function unpack(specifier: string, folder: string): void {
  const options: ExecFileSyncOptionsWithStringEncoding = { cwd: folder, encoding: "utf8" };
  const file = execFileSync("npm", ["pack", "--silent", specifier], options).trim();
  execFileSync("tar", ["--extract", "--gzip", "--file", file], options);
}
