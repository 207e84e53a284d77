import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { KubernetesSchema } from "./kubernetes-schema.js";
import { containersOf, type Manifest, workloadsOf } from "./manifest.js";
import { podReferenceProblems } from "./pod-references.js";
import { restrictedViolations } from "./pod-security.js";
import { findRenderer, manifestsFolder } from "./render.js";
import { selectorProblems } from "./selectors.js";

const swarms = ["demo", "large", "own-content", "kubernetes-1.20"];
/** These come beside a swarm. */
const additions = ["observability", "monitors"];
const overlays = [...swarms, ...additions];
/** For an older version, which knows an API that those of today do not. */
const olderKinds: Readonly<Record<string, readonly string[]>> = {
  "kubernetes-1.20": ["policy/v1beta1 PodDisruptionBudget"],
};
/** Of the Prometheus operator, which is no part of Kubernetes. */
const operatorKinds = ["monitoring.coreos.com/v1 PodMonitor"];

const render = findRenderer();
// With neither kubectl nor kustomize only the files are checked (files.test.ts); on CI that would be a mistake.
describe.skipIf(render === undefined && process.env.CI === undefined)("rendered manifests", async () => {
  const schemas = await KubernetesSchema.readAll();
  const rendered = new Map<string, Manifest[]>();
  const manifestsOf = (folder: string): Manifest[] => {
    const manifests = rendered.get(folder) ?? render?.(folder);
    if (manifests === undefined) throw new Error("neither kubectl nor kustomize is on PATH");
    rendered.set(folder, manifests);
    return manifests;
  };
  const overlay = (name: string) => manifestsOf(`overlays/${name}`);
  const all = () => overlays.flatMap(overlay);

  it("are of every overlay that there is", async () => {
    expect([...overlays].sort()).toEqual((await readdir(`${manifestsFolder}/overlays`)).sort());
  });

  describe.each(overlays)("of overlay %s", (name) => {
    it.each(schemas.map((schema) => [schema.version, schema] as const))(
      "have no field that Kubernetes %s does not know",
      (_version, schema) => {
        const older = olderKinds[name] ?? [];
        const known = overlay(name).filter(
          ({ apiVersion, kind }) => ![...older, ...operatorKinds].includes(`${apiVersion} ${kind}`),
        );
        expect(known.length).toBeGreaterThan(0);
        expect(problemsBy(schema, known)).toEqual({});
      },
    );

    it("are beyond the standard `restricted` only in the agent, by NET_ADMIN and root to have it", () => {
      const found = workloadsOf(overlay(name)).flatMap(({ metadata, spec }) =>
        restrictedViolations(spec.template.spec).map(
          ({ where, control, found }) => `${metadata.name}/${where}: ${control}: ${found}`,
        ),
      );
      const ofAgent = ["leecher", "seeder"].flatMap((workload) => [
        `${workload}/agent: Running as Non-root: runAsNonRoot: false`,
        `${workload}/agent: Running as Non-root user: runAsUser: 0`,
        `${workload}/agent: Capabilities: NET_ADMIN`,
      ]);
      expect(found).toEqual(swarms.includes(name) ? ofAgent : []);
    });

    it("name nothing that is not there, and hash every ConfigMap", () => {
      expect(podReferenceProblems(overlay(name))).toEqual([]);
    });

    it("fit into an annotation each, where `kubectl apply` keeps them", () => {
      for (const manifest of overlay(name)) {
        expect(JSON.stringify(manifest).length, manifest.metadata.name).toBeLessThan(256 * 1024);
      }
    });

    it("are all in one namespace", () => {
      const clusterWide = overlay(name).filter(({ metadata }) => metadata.namespace === undefined);
      expect(clusterWide.map(({ kind }) => kind)).toEqual(swarms.includes(name) ? ["Namespace"] : []);
      const namespaces = new Set(overlay(name).flatMap(({ metadata }) => metadata.namespace ?? []));
      expect([...namespaces]).toEqual(["swarmlab"]);
    });

    it("have probes, limits, a read-only root and time to end in every pod", () => {
      for (const { metadata, spec } of workloadsOf(overlay(name))) {
        const pod = spec.template.spec;
        expect(pod.terminationGracePeriodSeconds, metadata.name).toBeGreaterThanOrEqual(10);
        for (const container of containersOf(pod)) {
          const place = `${metadata.name}/${container.name}`;
          expect(Object.keys(container.resources?.requests ?? {}), place).toContain("memory");
          expect(Object.keys(container.resources?.limits ?? {}), place).toContain("memory");
          expect(Object.keys(container.resources?.requests ?? {}), place).toContain("cpu");
          expect(container.securityContext?.readOnlyRootFilesystem, place).toBe(true);
        }
        for (const { name: container, startupProbe, readinessProbe, livenessProbe } of pod.containers) {
          for (const probe of [startupProbe, readinessProbe, livenessProbe]) {
            expect(probe, `${metadata.name}/${container}`).toBeDefined();
          }
        }
      }
    });

    it("restart our programs when they do not answer, not when they are unwell", () => {
      const ours = workloadsOf(overlay(name))
        .flatMap(({ spec }) => spec.template.spec.containers)
        .filter(({ image }) => image.startsWith("swarmlab/"));
      expect(ours).toHaveLength(swarms.includes(name) ? 6 : 0);
      for (const { name: container, startupProbe, readinessProbe, livenessProbe } of ours) {
        const paths = [startupProbe, readinessProbe, livenessProbe].map((probe) => probe?.httpGet?.path);
        expect(paths, container).toEqual(["/metrics", "/healthz", "/metrics"]);
      }
    });
  });

  it.each([...swarms, ...additions.map((addition) => `demo ${addition}`)])(
    "of %s select pods, and ports that those have",
    (names) => {
      expect(selectorProblems(names.split(" ").flatMap(overlay))).toEqual([]);
    },
  );

  it("have as many pods as they say", () => {
    const replicas = z.object({ spec: z.object({ replicas: z.number() }) });
    const count = (name: string, workload: string) => {
      const found = overlay(name).find(
        ({ kind, metadata }) => kind === "StatefulSet" && metadata.name === workload,
      );
      return replicas.parse(found).spec.replicas;
    };
    expect(count("demo", "seeder")).toBe(1);
    expect(count("demo", "leecher")).toBe(10);
    expect(count("large", "leecher")).toBeGreaterThanOrEqual(100);
  });

  it("spread peers over zones and nodes where there are many", () => {
    const spread = z.array(z.object({ topologyKey: z.string() }));
    for (const { metadata, spec } of workloadsOf(overlay("large"))) {
      if (!["seeder", "leecher"].includes(metadata.name)) continue;
      const keys = spread
        .parse(spec.template.spec.topologySpreadConstraints)
        .map(({ topologyKey }) => topologyKey);
      expect(keys).toEqual(["topology.kubernetes.io/zone", "kubernetes.io/hostname"]);
    }
  });

  it("give a token to no container but the agents that know regions", () => {
    const holders = workloadsOf(all()).flatMap(({ metadata, spec }) =>
      containersOf(spec.template.spec)
        .filter(({ volumeMounts }) =>
          volumeMounts.some(({ mountPath }) => mountPath.includes("serviceaccount")),
        )
        .map(({ name }) => `${metadata.name}/${name}`),
    );
    expect(holders).toEqual(["leecher/agent", "seeder/agent"]);
  });

  it("run images of this version, and others at a version", async () => {
    const { version } = z
      .object({ version: z.string() })
      .parse(
        JSON.parse(await readFile(fileURLToPath(new URL("../../package.json", import.meta.url)), "utf8")),
      );
    const images = new Set(
      workloadsOf(all()).flatMap(({ spec }) => containersOf(spec.template.spec).map(({ image }) => image)),
    );
    const own = ["agent", "peer", "tracker"].map((name) => `swarmlab/${name}:${version}`);
    expect([...images].filter((image) => image.startsWith("swarmlab/")).sort()).toEqual(own);
    for (const image of images) expect(image).toMatch(/:v?\d+\.\d+/);
  });

  it("move to another namespace as a whole", () => {
    const folder = mkdtempSync(join(tmpdir(), "swarmlab-namespace-"));
    try {
      const resources = ["large", "observability"].map((name) =>
        relative(folder, `${manifestsFolder}/overlays/${name}`),
      );
      writeFileSync(
        join(folder, "kustomization.yaml"),
        JSON.stringify({ resources, namespace: "elsewhere" }),
      );
      const text = JSON.stringify(manifestsOf(folder));
      expect(text).toContain('"namespace":"elsewhere"');
      expect(text).not.toContain('"namespace":"swarmlab"');
      const namespace = manifestsOf(folder).find(({ kind }) => kind === "Namespace");
      expect(namespace?.metadata.name).toBe("elsewhere");
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("need what the namespace's labels say: more than `baseline` allows", () => {
    const namespace = overlay("demo").find(({ kind }) => kind === "Namespace");
    expect(namespace?.metadata.labels).toMatchObject({
      "pod-security.kubernetes.io/enforce": "privileged",
      "pod-security.kubernetes.io/audit": "restricted",
    });
  });
});

function problemsBy(schema: KubernetesSchema, manifests: readonly Manifest[]): Record<string, string[]> {
  const problems = manifests.map((manifest): [string, string[]] => [
    `${manifest.kind} ${manifest.metadata.name}`,
    schema.problemsOf(manifest),
  ]);
  return Object.fromEntries(problems.filter(([, found]) => found.length > 0));
}
