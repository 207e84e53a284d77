import { mkdir, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { stringify } from "yaml";

const manifests = fileURLToPath(new URL("../../k8s", import.meta.url));

/** What is to differ from an overlay, as kustomize calls it. */
interface Changes {
  /** Names of components of ours. */
  readonly components?: readonly string[];
  readonly [field: string]: unknown;
}

/** Writes a kustomization as a user may have one: an overlay of ours, and what is to differ. Gives its folder. */
export async function writeKustomization(
  parent: string,
  overlay: string,
  { components = [], ...changes }: Changes,
): Promise<string> {
  const folder = join(parent, overlay);
  await mkdir(folder, { recursive: true });
  const kustomization = {
    apiVersion: "kustomize.config.k8s.io/v1beta1",
    kind: "Kustomization",
    resources: [relative(folder, join(manifests, "overlays", overlay))],
    components: components.map((name) => relative(folder, join(manifests, "components", name))),
    ...changes,
  };
  await writeFile(join(folder, "kustomization.yaml"), stringify(kustomization));
  return folder;
}
