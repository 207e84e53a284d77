import { describe, expect, it } from "vitest";
import { type Manifest, parseManifests } from "./manifest.js";
import { allowedTraffic, describeTraffic, isDeniedByDefault } from "./network-policies.js";
import { findRenderer } from "./render.js";

const dns = ["all to anywhere UDP 53", "all to anywhere TCP 53"];
const swarm = [
  ...dns,
  "component=peer from component=peer TCP 6881",
  "component=peer from component=peer UDP 6881",
  "component=peer to component=peer TCP 6881",
  "component=peer to component=peer UDP 6881",
  "component=peer to component=tracker TCP 6969",
  "component=peer to component=tracker UDP 6969",
  "component=tracker from component=peer TCP 6969",
  "component=tracker from component=peer UDP 6969",
  "component=peer to component=core TCP 9201",
  "component=core from component=peer TCP 9201",
];
const kubernetesApi = ["component=peer to anywhere TCP 443", "component=peer to anywhere TCP 6443"];
const watchedPorts = [9100, 9200, 6969];
/** All that each overlay lets pass. */
const expected: Readonly<Record<string, readonly string[]>> = {
  demo: swarm,
  large: [...swarm, ...kubernetesApi],
  "own-content": swarm,
  "kubernetes-1.20": swarm,
  observability: [
    ...watchedPorts.map((port) => `part-of=swarmlab from name=prometheus TCP ${port}`),
    ...watchedPorts.map((port) => `name=prometheus to part-of=swarmlab TCP ${port}`),
    "name=prometheus from name=grafana TCP 9090",
    "name=grafana to name=prometheus TCP 9090",
  ],
  monitors: watchedPorts.map(
    (port) =>
      `part-of=swarmlab from namespaces kubernetes.io/metadata.name=monitoring name=prometheus TCP ${port}`,
  ),
};

const render = findRenderer();
describe.skipIf(render === undefined && process.env.CI === undefined)("the policies of overlay", () => {
  const overlay = (name: string): Manifest[] => render?.(`overlays/${name}`) ?? [];

  it.each(Object.entries(expected))("%s let pass what is listed here, and nothing else", (name, traffic) => {
    expect(allowedTraffic(overlay(name)).map(describeTraffic).sort()).toEqual([...traffic].sort());
  });

  it.each(["demo", "large", "own-content", "kubernetes-1.20"])("%s forbid the rest to all pods", (name) => {
    expect(isDeniedByDefault(overlay(name))).toBe(true);
  });
});

describe("what NetworkPolicies let pass", () => {
  const policy = (spec: string) =>
    parseManifests(
      `{ apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: { name: example }, spec: ${spec} }`,
    );
  const traffic = (spec: string) => allowedTraffic(policy(spec)).map(describeTraffic);

  it("is everything where a rule names nothing", () => {
    expect(traffic("{ podSelector: {}, policyTypes: [Egress], egress: [{}] }")).toEqual([
      "all to anywhere any 0",
    ]);
  });

  it("is nothing by rules of a direction that the policy is not about", () => {
    expect(traffic("{ podSelector: {}, policyTypes: [Ingress], egress: [{}] }")).toEqual([]);
  });

  it("is refused where a rule is of a kind that is not understood", () => {
    const blocks =
      "{ podSelector: {}, policyTypes: [Egress], egress: [{ to: [{ ipBlock: { cidr: 0.0.0.0/0 } }] }] }";
    expect(() => traffic(blocks)).toThrow("ipBlock");
  });

  it("is the rest only unless one denies all pods both directions", () => {
    expect(isDeniedByDefault(policy("{ podSelector: {}, policyTypes: [Ingress, Egress] }"))).toBe(true);
    expect(isDeniedByDefault(policy("{ podSelector: {}, policyTypes: [Ingress] }"))).toBe(false);
    const some = "{ podSelector: { matchLabels: { a: b } }, policyTypes: [Ingress, Egress] }";
    expect(isDeniedByDefault(policy(some))).toBe(false);
  });
});
