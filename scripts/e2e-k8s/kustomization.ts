import { mkdir, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { stringify } from "yaml";

const overlays = fileURLToPath(new URL("../../k8s/overlays", import.meta.url));

/** Writes a kustomization as a user may have one: an overlay of ours, and what is to differ. Gives its folder. */
export async function writeKustomization(
  parent: string,
  overlay: string,
  changes: Readonly<Record<string, unknown>>,
): Promise<string> {
  const folder = join(parent, overlay);
  await mkdir(folder, { recursive: true });
  const kustomization = {
    apiVersion: "kustomize.config.k8s.io/v1beta1",
    kind: "Kustomization",
    resources: [relative(folder, join(overlays, overlay))],
    ...changes,
  };
  await writeFile(join(folder, "kustomization.yaml"), stringify(kustomization));
  return folder;
}
