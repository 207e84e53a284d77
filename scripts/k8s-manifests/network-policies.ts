import { z } from "zod";
import type { Manifest } from "./manifest.js";

// Strict, so that what is not read here (other selectors, blocks of addresses, ranges of ports) does not pass unseen.
const selector = z.strictObject({ matchLabels: z.record(z.string(), z.string()).default({}) });
const ports = z.array(z.strictObject({ protocol: z.enum(["TCP", "UDP"]), port: z.number() })).default([]);
const others = z
  .array(z.strictObject({ podSelector: selector.optional(), namespaceSelector: selector.optional() }))
  .default([]);
const specSchema = z.strictObject({
  podSelector: selector,
  policyTypes: z.array(z.enum(["Ingress", "Egress"])),
  ingress: z.array(z.strictObject({ from: others, ports })).default([]),
  egress: z.array(z.strictObject({ to: others, ports })).default([]),
});
type Other = z.infer<typeof others>[number];

/** One thing that a NetworkPolicy lets pass. */
export interface AllowedTraffic {
  /** The labels of the pods that it is allowed to; none are those of all. */
  readonly pods: Readonly<Record<string, string>>;
  readonly direction: "from" | "to";
  /** The other side: `component=tracker`, `anywhere`. */
  readonly other: string;
  /** `TCP` or `UDP`; `any` without ports. */
  readonly protocol: string;
  /** 0 is any. */
  readonly port: number;
}

/** All that NetworkPolicies let pass, policy by policy. */
export function allowedTraffic(manifests: readonly Manifest[]): AllowedTraffic[] {
  return policiesOf(manifests).flatMap(({ podSelector, policyTypes, ingress, egress }) => {
    const rules = [
      ...(policyTypes.includes("Ingress") ? ingress : []).map(
        (rule) => ({ direction: "from", others: rule.from, ports: rule.ports }) as const,
      ),
      ...(policyTypes.includes("Egress") ? egress : []).map(
        (rule) => ({ direction: "to", others: rule.to, ports: rule.ports }) as const,
      ),
    ];
    return rules.flatMap((rule) => {
      const names = rule.others.length === 0 ? ["anywhere"] : rule.others.map(nameOf);
      const allowed = rule.ports.length === 0 ? [{ protocol: "any", port: 0 }] : rule.ports;
      return names.flatMap((other) =>
        allowed.map((port) => ({
          pods: podSelector.matchLabels,
          direction: rule.direction,
          other,
          ...port,
        })),
      );
    });
  });
}

/** Such as `component=peer to component=tracker UDP 6969`. */
export function describeTraffic({ pods, direction, other, protocol, port }: AllowedTraffic): string {
  return `${labelsOf(pods)} ${direction} ${other} ${protocol} ${port}`;
}

/** Whether a policy forbids all pods whatever no other policy allows, in both directions. */
export function isDeniedByDefault(manifests: readonly Manifest[]): boolean {
  return policiesOf(manifests).some(
    ({ podSelector, policyTypes }) =>
      Object.keys(podSelector.matchLabels).length === 0 &&
      policyTypes.includes("Ingress") &&
      policyTypes.includes("Egress"),
  );
}

function policiesOf(manifests: readonly Manifest[]): z.infer<typeof specSchema>[] {
  return manifests.filter(({ kind }) => kind === "NetworkPolicy").map(({ spec }) => specSchema.parse(spec));
}

function nameOf({ podSelector, namespaceSelector }: Other): string {
  const parts = [
    ...(namespaceSelector === undefined ? [] : [`namespaces ${labelsOf(namespaceSelector.matchLabels)}`]),
    ...(podSelector === undefined ? [] : [labelsOf(podSelector.matchLabels)]),
  ];
  return parts.join(" ");
}

function labelsOf(labels: Readonly<Record<string, string>>): string {
  const texts = Object.entries(labels).map(
    ([name, value]) => `${name.replace("app.kubernetes.io/", "")}=${value}`,
  );
  return texts.length === 0 ? "all" : texts.join(",");
}
