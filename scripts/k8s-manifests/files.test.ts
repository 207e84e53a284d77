import { readdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { KubernetesSchema } from "./kubernetes-schema.js";
import { parseManifests } from "./manifest.js";
import { manifestsFolder } from "./render.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const generator = z.object({ configMapGenerator: z.array(z.object({ files: z.array(z.string()) })) });
const composeSchema = z.object({
  services: z.record(
    z.string(),
    z.object({
      image: z.string(),
      command: z.array(z.string()).default([]),
      environment: z.record(z.string(), z.string()).default({}),
    }),
  ),
});

describe("files of manifests", () => {
  it("have no field that the newest Kubernetes does not know, patches included", async () => {
    const newest = (await KubernetesSchema.readAll()).at(-1);
    const files = (await readdir(manifestsFolder, { recursive: true })).filter((name) =>
      name.endsWith(".yaml"),
    );
    expect(files.length).toBeGreaterThan(10);
    for (const file of files) {
      const manifests = parseManifests(await readFile(`${manifestsFolder}/${file}`, "utf8"));
      for (const manifest of manifests.filter(
        ({ apiVersion }) => apiVersion !== "monitoring.coreos.com/v1",
      )) {
        expect(newest?.problemsOfPart(manifest), `${file}: ${manifest.metadata.name}`).toEqual([]);
      }
    }
  });
});

describe("what Compose and Kubernetes share", () => {
  it.each(["prometheus", "grafana"])("is all there is for %s", async (program) => {
    const folder = `${root}/compose/${program}`;
    const { configMapGenerator } = generator.parse(
      parse(await readFile(`${folder}/kustomization.yaml`, "utf8")),
    );
    const shared = configMapGenerator.flatMap(({ files }) => files).sort();
    const folders =
      {
        prometheus: ["rules"],
        grafana: ["dashboards", "provisioning/dashboards", "provisioning/datasources"],
      }[program] ?? [];
    const present = await Promise.all(
      folders.map(async (each) => (await readdir(`${folder}/${each}`)).map((file) => `${each}/${file}`)),
    );
    expect(shared).toEqual(present.flat().sort());
  });

  it("is the same version of the same programs, set in the same way", async () => {
    const compose = composeSchema.parse(parse(await readFile(`${root}/compose/observability.yaml`, "utf8")));
    const { prometheus, grafana } = compose.services;
    const overlay = `${manifestsFolder}/overlays/observability`;
    const prometheusManifest = await readFile(`${overlay}/prometheus.yaml`, "utf8");
    for (const word of [prometheus?.image, ...(prometheus?.command ?? [])])
      expect(prometheusManifest).toContain(word);
    expect(await readFile(`${overlay}/grafana.yaml`, "utf8")).toContain(grafana?.image);
    const withDefaults = Object.entries(grafana?.environment ?? {}).map(
      ([name, value]) => `${name}=${value.replace(/\$\{\w+:-(.*)\}/, "$1")}`,
    );
    const lines = (await readFile(`${overlay}/grafana.env`, "utf8")).trim().split("\n");
    expect(lines.sort()).toEqual(withDefaults.sort());
  });
});
