import { z } from "zod";
import { type Container, containersOf, type Manifest, type Workload, workloadsOf } from "./manifest.js";

/** What kustomize appends to the name of a ConfigMap that it generates. */
const hash = /-[a-z0-9]{10}$/;
/** Kubernetes puts these into every namespace. */
const givenConfigMaps = ["kube-root-ca.crt"];
const tokenFlag = z.object({ automountServiceAccountToken: z.boolean().optional() });

/** What pods name that is not there, or that nobody names; nothing when all is well. */
export function podReferenceProblems(manifests: readonly Manifest[]): string[] {
  const workloads = workloadsOf(manifests);
  return [
    ...workloads.flatMap((workload) => [
      ...containersOf(workload.spec.template.spec).flatMap((container) =>
        containerProblems(container, workload),
      ),
      ...serviceProblems(workload, manifests),
    ]),
    ...configMapProblems(workloads, manifests),
    ...serviceAccountProblems(workloads, manifests),
  ];
}

function containerProblems(container: Container, { metadata, spec }: Workload): string[] {
  const place = `container ${container.name} of ${metadata.name}`;
  const volumes = [
    ...spec.template.spec.volumes.map(({ name }) => name),
    ...spec.volumeClaimTemplates.map((claim) => claim.metadata.name),
  ];
  const ports = container.ports.flatMap(({ name, containerPort }) => [name, containerPort]);
  const probes = [container.startupProbe, container.readinessProbe, container.livenessProbe];
  const asked = probes.flatMap((probe) => probe?.httpGet?.port ?? []);
  return [
    ...container.volumeMounts
      .filter(({ name }) => !volumes.includes(name))
      .map(({ name }) => `${place}: no volume ${name}`),
    ...asked.filter((port) => !ports.includes(port)).map((port) => `${place}: no port ${port}`),
  ];
}

function serviceProblems({ metadata, spec }: Workload, manifests: readonly Manifest[]): string[] {
  const { serviceName } = spec;
  const isThere = manifests.some(
    ({ kind, metadata: { name } }) => kind === "Service" && name === serviceName,
  );
  return serviceName === undefined || isThere ? [] : [`${metadata.name}: no Service ${serviceName}`];
}

function configMapProblems(workloads: readonly Workload[], manifests: readonly Manifest[]): string[] {
  const named = workloads.flatMap(({ spec }) => [
    ...containersOf(spec.template.spec).flatMap(({ envFrom }) => envFrom.map((from) => from.configMapRef)),
    ...spec.template.spec.volumes.flatMap(({ configMap, projected }) => [
      configMap,
      ...(projected?.sources.map((source) => source.configMap) ?? []),
    ]),
  ]);
  const used = new Set(named.flatMap((reference) => reference?.name ?? []));
  const made = manifests.filter(({ kind }) => kind === "ConfigMap").map(({ metadata }) => metadata.name);
  return [
    ...made.filter((name) => !hash.test(name)).map((name) => `ConfigMap ${name} has no hash`),
    ...made.filter((name) => !used.has(name)).map((name) => `nobody uses ConfigMap ${name}`),
    ...[...used]
      .filter((name) => !made.includes(name) && !givenConfigMaps.includes(name))
      .map((name) => `there is no ConfigMap ${name}`),
  ];
}

/** Every pod has an account of its own kind, and neither the account nor the pod asks for a token. */
function serviceAccountProblems(workloads: readonly Workload[], manifests: readonly Manifest[]): string[] {
  const accounts = manifests.filter(({ kind }) => kind === "ServiceAccount");
  const names = accounts.map(({ metadata }) => metadata.name);
  return [
    ...accounts
      .filter((account) => tokenFlag.parse(account).automountServiceAccountToken !== false)
      .map(({ metadata }) => `ServiceAccount ${metadata.name} gives a token`),
    ...workloads.flatMap(({ metadata, spec }) => {
      const { serviceAccountName = "default", automountServiceAccountToken } = spec.template.spec;
      return [
        ...(names.includes(serviceAccountName)
          ? []
          : [`${metadata.name}: no ServiceAccount ${serviceAccountName}`]),
        ...(automountServiceAccountToken === false ? [] : [`${metadata.name} gets a token`]),
      ];
    }),
  ];
}
