import { parseAllDocuments } from "yaml";
import { z } from "zod";

const labels = z.record(z.string(), z.string());
const metadata = z.looseObject({
  name: z.string(),
  namespace: z.string().optional(),
  labels: labels.default({}),
  annotations: labels.default({}),
});

const manifestSchema = z.looseObject({ apiVersion: z.string(), kind: z.string(), metadata });
/** An object as it is given to Kubernetes. */
export type Manifest = z.infer<typeof manifestSchema>;

const port = z.union([z.string(), z.number()]);
const probe = z.looseObject({ httpGet: z.looseObject({ path: z.string().optional(), port }).optional() });
const capabilities = z.looseObject({
  add: z.array(z.string()).default([]),
  drop: z.array(z.string()).default([]),
});
const seccompProfile = z.looseObject({ type: z.string() });
const resources = z.looseObject({ requests: labels.default({}), limits: labels.default({}) });

const securityContext = z.looseObject({
  runAsNonRoot: z.boolean().optional(),
  runAsUser: z.number().optional(),
  privileged: z.boolean().optional(),
  allowPrivilegeEscalation: z.boolean().optional(),
  readOnlyRootFilesystem: z.boolean().optional(),
  procMount: z.string().optional(),
  capabilities: capabilities.optional(),
  seccompProfile: seccompProfile.optional(),
  appArmorProfile: z.looseObject({ type: z.string() }).optional(),
  seLinuxOptions: z.record(z.string(), z.string()).optional(),
  windowsOptions: z.looseObject({ hostProcess: z.boolean().optional() }).optional(),
  sysctls: z.array(z.looseObject({ name: z.string() })).default([]),
});
export type SecurityContext = z.infer<typeof securityContext>;

const containerSchema = z.looseObject({
  name: z.string(),
  image: z.string(),
  envFrom: z
    .array(z.looseObject({ configMapRef: z.looseObject({ name: z.string() }).optional() }))
    .default([]),
  ports: z
    .array(
      z.looseObject({
        name: z.string(),
        containerPort: z.number(),
        protocol: z.string().default("TCP"),
        hostPort: z.number().optional(),
      }),
    )
    .default([]),
  startupProbe: probe.optional(),
  readinessProbe: probe.optional(),
  livenessProbe: probe.optional(),
  resources: resources.optional(),
  securityContext: securityContext.optional(),
  volumeMounts: z.array(z.looseObject({ name: z.string(), mountPath: z.string() })).default([]),
});
export type Container = z.infer<typeof containerSchema>;

const configMapRef = z.looseObject({ name: z.string() });
const volumeSchema = z.looseObject({
  name: z.string(),
  configMap: configMapRef.optional(),
  projected: z
    .looseObject({ sources: z.array(z.looseObject({ configMap: configMapRef.optional() })) })
    .optional(),
});

const podSpecSchema = z.looseObject({
  serviceAccountName: z.string().optional(),
  automountServiceAccountToken: z.boolean().optional(),
  terminationGracePeriodSeconds: z.number().optional(),
  hostNetwork: z.boolean().optional(),
  hostPID: z.boolean().optional(),
  hostIPC: z.boolean().optional(),
  securityContext: securityContext.optional(),
  initContainers: z.array(containerSchema).default([]),
  containers: z.array(containerSchema),
  ephemeralContainers: z.array(containerSchema).default([]),
  volumes: z.array(volumeSchema).default([]),
});
export type PodSpec = z.infer<typeof podSpecSchema>;

const workloadSchema = z.looseObject({
  kind: z.enum(["Deployment", "StatefulSet"]),
  metadata,
  spec: z.looseObject({
    serviceName: z.string().optional(),
    selector: z.looseObject({ matchLabels: labels }),
    template: z.looseObject({
      metadata: z.looseObject({ labels, annotations: labels.default({}) }),
      spec: podSpecSchema,
    }),
    volumeClaimTemplates: z
      .array(z.looseObject({ metadata: z.looseObject({ name: z.string() }) }))
      .default([]),
  }),
});
/** What makes pods. */
export type Workload = z.infer<typeof workloadSchema>;

/** The objects of a YAML stream; kustomizations, lists of JSON patches and empty documents are none. Throws on bad YAML. */
export function parseManifests(yaml: string): Manifest[] {
  return parseAllDocuments(yaml).flatMap((document) => {
    const [error] = document.errors;
    if (error !== undefined) throw error;
    const value: unknown = document.toJS();
    const isManifest = typeof value === "object" && value !== null && "kind" in value && "metadata" in value;
    return isManifest ? [manifestSchema.parse(value)] : [];
  });
}

/** Those that make pods. */
export function workloadsOf(manifests: readonly Manifest[]): Workload[] {
  return manifests
    .filter(({ kind }) => workloadSchema.shape.kind.options.some((known) => known === kind))
    .map((manifest) => workloadSchema.parse(manifest));
}

/** All containers of a pod, those that run before the others first. */
export function containersOf({ initContainers, containers, ephemeralContainers }: PodSpec): Container[] {
  return [...initContainers, ...containers, ...ephemeralContainers];
}

/** A selector without labels selects all. */
export function selects(
  matchLabels: Readonly<Record<string, string>>,
  labelsOfPod: Readonly<Record<string, string>>,
): boolean {
  return Object.entries(matchLabels).every(([name, value]) => labelsOfPod[name] === value);
}
