import { posix } from "node:path";
import type { SourceFile, WorkspacePackage } from "./workspace-package.js";

/** The shared packages from the bottom up. A package may import only from rows below its own. */
const sharedLayers: readonly (readonly string[])[] = [
  ["bencode", "scenario", "settings", "telemetry"],
  ["metainfo", "wire", "tracker-protocol", "agent-api", "tc-wrapper"],
  ["engine"],
];
const servicesLayer = sharedLayers.length;
const scope = "@swarmlab/";

/**
 * Every way in which the packages break the direction of imports: services import shared packages, those only
 * what is below them, and all of them only what they declare. `testTools` are packages that every test may import.
 */
export function findViolations(
  packages: readonly WorkspacePackage[],
  testTools: readonly string[],
): string[] {
  return packages.flatMap((package_) => [
    ...misplaced(package_),
    ...differingReferences(package_, packages),
    ...package_.files.flatMap((file) =>
      file.imports.flatMap((specifier) => {
        const fault = faultOf(specifier, file, package_, testTools);
        return fault === undefined
          ? []
          : [`${package_.folder}/${file.path} imports "${specifier}": ${fault}`];
      }),
    ),
  ]);
}

function layerOf(packageName: string): number | undefined {
  const shortName = packageName.slice(scope.length);
  const layer = sharedLayers.findIndex((row) => row.includes(shortName));
  return layer < 0 ? undefined : layer;
}

function layerOfPackage(package_: WorkspacePackage): number | undefined {
  return package_.folder.startsWith("services/") ? servicesLayer : layerOf(package_.name);
}

function misplaced(package_: WorkspacePackage): string[] {
  return layerOfPackage(package_) === undefined
    ? [`${package_.folder} has no place yet: add it to a row of sharedLayers in scripts/layers/violations.ts`]
    : [];
}

function differingReferences(package_: WorkspacePackage, packages: readonly WorkspacePackage[]): string[] {
  const folders = new Map(packages.map(({ name, folder }) => [name, folder]));
  const needed = package_.dependencies
    .map((name) => folders.get(name))
    .filter((folder) => folder !== undefined);
  const lacking = needed.filter((folder) => !package_.references.includes(folder));
  const surplus = package_.references.filter((folder) => !needed.includes(folder));
  return [
    ...lacking.map((folder) => `${package_.folder}/tsconfig.json lacks the reference to ${folder}`),
    ...surplus.map((folder) => `${package_.folder}/tsconfig.json refers to ${folder}, not a dependency`),
  ];
}

/** What is wrong with this import, or undefined. */
function faultOf(
  specifier: string,
  file: SourceFile,
  package_: WorkspacePackage,
  testTools: readonly string[],
): string | undefined {
  if (specifier.startsWith("node:")) return undefined;
  if (specifier.startsWith(".")) {
    const target = posix.join(posix.dirname(file.path), specifier);
    return target.startsWith("src/")
      ? undefined
      : "it leaves the package; import the other package by its name";
  }
  const name = packageNameOf(specifier);
  if (name === package_.name) return "a package imports its own files by relative path";
  if (name.startsWith(scope)) {
    const own = layerOfPackage(package_);
    const other = layerOf(name);
    if (other === undefined) return "no service is imported; services talk to each other over HTTP";
    if (own !== undefined && other >= own)
      return `imports point downward, and ${name} is not below ${package_.name}`;
  }
  if (package_.dependencies.includes(name)) return undefined;
  if (file.path.endsWith(".test.ts") && testTools.includes(name)) return undefined;
  return `${package_.folder}/package.json does not declare ${name}`;
}

/** `@scope/name/sub/path` and `name/sub/path` without the sub path. */
function packageNameOf(specifier: string): string {
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}
