import { agentSettings } from "@swarmlab/agent/settings";
import { peerSettings } from "@swarmlab/peer/settings";
import { CITY_REGIONS } from "@swarmlab/scenario/city-regions";
import { parseLinkMix } from "@swarmlab/scenario/link-mix";
import { parseRegionMix } from "@swarmlab/scenario/region-mix";
import { loadSettings } from "@swarmlab/settings/load";
import { trackerSettings } from "@swarmlab/tracker/settings";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { type Container, type Manifest, selects, workloadsOf } from "./manifest.js";
import { allowedTraffic } from "./network-policies.js";
import { findRenderer } from "./render.js";

const configMap = z.object({ data: z.record(z.string(), z.string()) });
const swarms = ["demo", "large", "own-content", "kubernetes-1.20"];
/** These come beside a swarm. */
const additions = ["observability", "monitors"];
/** What links are for: connections between peers, announces, and the round trips that measure a link. */
const swarmPorts = [6881, 6969, 9201];
const sources = { argv: [], readFile: () => "" };
/** By image. */
const readers: Readonly<Record<string, (env: Record<string, string>) => unknown>> = {
  agent: (env) => loadSettings(agentSettings, { ...sources, env }),
  tracker: (env) => loadSettings(trackerSettings, { ...sources, env }),
  peer: (env) => loadSettings(peerSettings, { ...sources, env }),
};

const render = findRenderer();
describe.skipIf(render === undefined && process.env.CI === undefined)("settings in manifests", () => {
  it.each(swarms)("are all known to the programs in %s", (name) => {
    const manifests = render?.(`overlays/${name}`) ?? [];
    const programs = workloadsOf(manifests).flatMap(({ spec }) =>
      spec.template.spec.containers.flatMap((container) => {
        const reader = readers[/^swarmlab\/(\w+):/.exec(container.image)?.[1] ?? ""];
        return reader === undefined ? [] : [{ reader, env: environmentOf(container, manifests) }];
      }),
    );
    expect(programs).toHaveLength(6);
    for (const { reader, env } of programs) {
      expect(Object.keys(env).length).toBeGreaterThan(0);
      expect(reader(env)).toMatchObject({ kind: "settings", warnings: [] });
    }
  });

  it.each([...swarms, ...additions.map((addition) => `large ${addition}`)])(
    "let whatever policies allow to peers, other than the swarm itself, pass by the link in %s",
    (names) => {
      const manifests = names.split(" ").flatMap((name) => render?.(`overlays/${name}`) ?? []);
      const traffic = allowedTraffic(manifests);
      const agents = workloadsOf(manifests).flatMap(({ spec }) =>
        spec.template.spec.containers
          .filter(({ name }) => name === "agent")
          .map((container) => ({ container, labels: spec.template.metadata.labels })),
      );
      expect(agents).toHaveLength(2);
      for (const { container, labels } of agents) {
        const loaded = loadSettings(agentSettings, { ...sources, env: environmentOf(container, manifests) });
        const unshaped = loaded.kind === "settings" ? loaded.values.unshapedPorts : [];
        const control = traffic
          .filter(({ pods, port }) => selects(pods, labels) && !swarmPorts.includes(port))
          .map(({ port }) => port);
        expect(control).toContain(53);
        expect(control.filter((port) => !unshaped.includes(port))).toEqual([]);
      }
    },
  );

  it.each(["demo", "large"])("name links and regions that there are, in %s", (name) => {
    const peers = workloadsOf(render?.(`overlays/${name}`) ?? []).filter(({ metadata }) =>
      ["seeder", "leecher"].includes(metadata.name),
    );
    expect(peers).toHaveLength(2);
    for (const { spec } of peers) {
      const { annotations } = spec.template.metadata;
      expect(parseLinkMix(annotations["swarmlab.io/link"] ?? "").length).toBeGreaterThan(0);
      const region = annotations["swarmlab.io/region"] ?? "";
      if (region !== "") expect(parseRegionMix(region, CITY_REGIONS).length).toBeGreaterThan(0);
    }
  });
});

/** What a container's environment gets from ConfigMaps; the last one that names a variable counts. */
function environmentOf({ envFrom }: Container, manifests: readonly Manifest[]): Record<string, string> {
  const names = envFrom.flatMap(({ configMapRef }) => configMapRef?.name ?? []);
  const found = names.map((name) =>
    manifests.find(({ kind, metadata }) => kind === "ConfigMap" && metadata.name === name),
  );
  return Object.assign({}, ...found.map((manifest) => configMap.parse(manifest).data));
}
