import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import type { Manifest } from "./manifest.js";
import { podReferenceProblems } from "./pod-references.js";
import { findRenderer, manifestsFolder } from "./render.js";

const clusterWideKinds = ["Namespace"];
const bindingSchema = z.object({
  subjects: z.array(z.object({ kind: z.string(), name: z.string(), namespace: z.string().optional() })),
});

const render = findRenderer();
describe.skipIf(render === undefined && process.env.CI === undefined)(
  "components listed in a kustomization of one's own over the demo",
  () => {
    describe.each([
      { components: ["regions"] },
      { components: ["own-content"] },
      { components: ["regions", "own-content"] },
    ])("$components", ({ components }) => {
      it.each([
        ["swarmlab", {}],
        ["elsewhere", { namespace: "elsewhere" }],
      ])("are in the namespace %s with all the rest when that says %o", (namespace, changes) => {
        const manifests = renderOwn({ components, ...changes });
        const places = manifests
          .filter(({ kind }) => !clusterWideKinds.includes(kind))
          .map(({ kind, metadata }) => `${kind} ${metadata.name} in ${metadata.namespace}`);
        expect(places.length).toBeGreaterThan(0);
        expect(places.filter((place) => !place.endsWith(` in ${namespace}`))).toEqual([]);

        const bindings = manifests.filter(({ kind }) => kind === "RoleBinding");
        expect(bindings.map(({ metadata }) => metadata.name)).toEqual(
          components.includes("regions") ? ["peers-read-pods"] : [],
        );
        const peer = { kind: "ServiceAccount", name: "peer", namespace };
        for (const binding of bindings) expect(bindingSchema.parse(binding).subjects).toEqual([peer]);
        expect(podReferenceProblems(manifests)).toEqual([]);
      });
    });
  },
);

function renderOwn(
  changes: Readonly<Record<string, unknown>> & { components: readonly string[] },
): Manifest[] {
  if (render === undefined) throw new Error("neither kubectl nor kustomize is on PATH");
  const folder = mkdtempSync(join(tmpdir(), "swarmlab-components-"));
  try {
    const kustomization = {
      resources: [relative(folder, join(manifestsFolder, "overlays/demo"))],
      ...changes,
      components: changes.components.map((name) =>
        relative(folder, join(manifestsFolder, "components", name)),
      ),
    };
    writeFileSync(join(folder, "kustomization.yaml"), JSON.stringify(kustomization));
    return render(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
