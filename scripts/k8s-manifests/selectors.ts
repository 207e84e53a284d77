import { z } from "zod";
import { type Container, type Manifest, selects, type Workload, workloadsOf } from "./manifest.js";

const labelSelector = z.object({ matchLabels: z.record(z.string(), z.string()).default({}) });
const service = z.object({
  spec: z.object({
    selector: z.record(z.string(), z.string()),
    ports: z.array(
      z.object({ targetPort: z.union([z.string(), z.number()]), protocol: z.string().default("TCP") }),
    ),
  }),
});
const disruptionBudget = z.object({ spec: z.object({ selector: labelSelector }) });
const policyPorts = z.array(z.object({ protocol: z.string(), port: z.number() })).default([]);
const peers = z
  .array(z.object({ podSelector: labelSelector.optional(), namespaceSelector: z.unknown().optional() }))
  .default([]);
const networkPolicy = z.object({
  spec: z.object({
    podSelector: labelSelector,
    ingress: z.array(z.object({ from: peers, ports: policyPorts })).default([]),
    egress: z.array(z.object({ to: peers, ports: policyPorts })).default([]),
  }),
});
const podMonitor = z.object({
  spec: z.object({
    selector: labelSelector,
    podMetricsEndpoints: z.array(z.object({ port: z.string() })),
  }),
});

/** Selectors that select no pod, and ports that no pod that they select has; nothing when all is well. */
export function selectorProblems(manifests: readonly Manifest[]): string[] {
  const workloads = workloadsOf(manifests);
  return manifests.flatMap((manifest) => {
    const problems = problemsOf(manifest, workloads);
    return problems.map((problem) => `${manifest.kind} ${manifest.metadata.name}: ${problem}`);
  });
}

function problemsOf(manifest: Manifest, workloads: readonly Workload[]): string[] {
  switch (manifest.kind) {
    case "Service": {
      const { selector, ports } = service.parse(manifest).spec;
      const selected = select({ matchLabels: selector }, workloads);
      return [
        ...emptyProblems(selected),
        ...selected.flatMap((workload) =>
          ports.flatMap(({ targetPort, protocol }) => portProblems(workload, protocol, targetPort)),
        ),
      ];
    }
    case "PodDisruptionBudget":
      return emptyProblems(select(disruptionBudget.parse(manifest).spec.selector, workloads));
    case "NetworkPolicy":
      return networkPolicyProblems(networkPolicy.parse(manifest).spec, workloads);
    case "PodMonitor": {
      const { selector, podMetricsEndpoints } = podMonitor.parse(manifest).spec;
      const selected = select(selector, workloads);
      return [
        ...emptyProblems(selected),
        ...selected.flatMap((workload) =>
          podMetricsEndpoints.flatMap(({ port }) => portProblems(workload, "TCP", port)),
        ),
      ];
    }
    default:
      return [];
  }
}

/** Ports that some of the pods have are enough: rules are for several kinds of pods. Pods elsewhere are not known. */
function networkPolicyProblems(
  { podSelector, ingress, egress }: z.infer<typeof networkPolicy>["spec"],
  workloads: readonly Workload[],
): string[] {
  const selected = select(podSelector, workloads);
  const ways = [
    ...ingress.map(({ from, ports }) => ({ others: from, ports, servers: selected })),
    ...egress.map(({ to, ports }) => ({ others: to, ports, servers: undefined })),
  ];
  return [
    ...emptyProblems(selected),
    ...ways.flatMap(({ others, ports, servers }) => {
      const known = others.filter(({ namespaceSelector }) => namespaceSelector === undefined);
      const reached = known.flatMap(({ podSelector: other = { matchLabels: {} } }) =>
        select(other, workloads),
      );
      const answering = servers ?? reached;
      return [
        ...(known.length > 0 ? emptyProblems(reached) : []),
        ...ports
          .filter(() => answering.length > 0)
          .flatMap(({ protocol, port }) =>
            answering.every((workload) => portProblems(workload, protocol, port).length > 0)
              ? [`nobody has ${protocol} port ${port}`]
              : [],
          ),
      ];
    }),
  ];
}

function select({ matchLabels }: z.infer<typeof labelSelector>, workloads: readonly Workload[]): Workload[] {
  return workloads.filter(({ spec }) => selects(matchLabels, spec.template.metadata.labels));
}

function emptyProblems(selected: readonly Workload[]): string[] {
  return selected.length > 0 ? [] : ["selects no pod"];
}

function portProblems({ metadata, spec }: Workload, protocol: string, port: string | number): string[] {
  const has = (container: Container) =>
    container.ports.some(
      (candidate) =>
        candidate.protocol === protocol && (candidate.name === port || candidate.containerPort === port),
    );
  return spec.template.spec.containers.some(has) ? [] : [`${metadata.name} has no ${protocol} port ${port}`];
}
