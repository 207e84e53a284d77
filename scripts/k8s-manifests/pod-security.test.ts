import { describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { parseManifests, workloadsOf } from "./manifest.js";
import { restrictedViolations } from "./pod-security.js";

type Fields = Readonly<Record<string, unknown>>;

const podContext = { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: "RuntimeDefault" } };
const containerContext = { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } };

/** Violations of a pod that meets the standard but for what is given. */
function violationsWith({
  pod = {},
  container = {},
  context = {},
  ofPod = {},
}: Record<string, Fields>): string[] {
  const manifest = {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "example" },
    spec: {
      selector: { matchLabels: {} },
      template: {
        metadata: { labels: {} },
        spec: {
          securityContext: { ...podContext, ...ofPod },
          containers: [
            {
              name: "example",
              image: "example",
              ...container,
              securityContext: { ...containerContext, ...context },
            },
          ],
          ...pod,
        },
      },
    },
  };
  return workloadsOf(parseManifests(stringify(manifest))).flatMap(({ spec }) =>
    restrictedViolations(spec.template.spec).map(
      ({ where, control, found }) => `${where}: ${control}: ${found}`,
    ),
  );
}

describe("the standard `restricted`", () => {
  it("is met by an ordinary pod", () => {
    expect(violationsWith({})).toEqual([]);
    expect(
      violationsWith({ context: { capabilities: { drop: ["ALL"], add: ["NET_BIND_SERVICE"] } } }),
    ).toEqual([]);
    expect(violationsWith({ pod: { volumes: [{ name: "example", emptyDir: {} }] } })).toEqual([]);
  });

  it.each([
    [{ context: { capabilities: { drop: ["ALL"], add: ["NET_RAW"] } } }, "example: Capabilities: NET_RAW"],
    [{ context: { capabilities: { drop: ["NET_RAW"] } } }, "example: Capabilities: not all are dropped"],
    [{ context: { capabilities: undefined } }, "example: Capabilities: not all are dropped"],
    [{ context: { privileged: true } }, "example: Privileged Containers: privileged"],
    [{ context: { allowPrivilegeEscalation: true } }, "example: Privilege Escalation: not refused"],
    [{ context: { allowPrivilegeEscalation: undefined } }, "example: Privilege Escalation: not refused"],
    [{ context: { runAsUser: 0 } }, "example: Running as Non-root user: runAsUser: 0"],
    [{ context: { runAsNonRoot: false } }, "example: Running as Non-root: runAsNonRoot: false"],
    [{ ofPod: { runAsNonRoot: undefined } }, "example: Running as Non-root: not demanded"],
    [{ ofPod: { runAsUser: 0 } }, "pod: Running as Non-root user: runAsUser: 0"],
    [{ ofPod: { seccompProfile: undefined } }, "example: Seccomp: no profile"],
    [{ context: { seccompProfile: { type: "Unconfined" } } }, "example: Seccomp: Unconfined"],
    [{ context: { appArmorProfile: { type: "Unconfined" } } }, "example: AppArmor: Unconfined"],
    [{ context: { seLinuxOptions: { type: "spc_t" } } }, "example: SELinux: ::spc_t"],
    [{ context: { procMount: "Unmasked" } }, "example: /proc Mount Type: Unmasked"],
    [
      { ofPod: { sysctls: [{ name: "net.core.somaxconn", value: "1024" }] } },
      "pod: Sysctls: net.core.somaxconn",
    ],
    [{ ofPod: { windowsOptions: { hostProcess: true } } }, "pod: HostProcess: hostProcess"],
    [{ pod: { hostNetwork: true } }, "pod: Host Namespaces: hostNetwork"],
    [{ pod: { hostPID: true } }, "pod: Host Namespaces: hostPID"],
    [{ pod: { volumes: [{ name: "example", hostPath: { path: "/" } }] } }, "pod: Volume Types: hostPath"],
    [
      { container: { ports: [{ name: "example", containerPort: 80, hostPort: 80 }] } },
      "example: Host Ports: 80",
    ],
    [
      { container: { livenessProbe: { httpGet: { port: 80, host: "192.0.2.1" } } } },
      'example: Host Probes / Lifecycle Hooks: "host":"192.0.2.1"',
    ],
  ])("is not met by %j", (change, violation) => {
    expect(violationsWith(change)).toEqual([violation]);
  });

  it("holds for containers that run before the others, too", () => {
    const initContainers = [{ name: "first", image: "example", securityContext: { privileged: true } }];
    expect(violationsWith({ pod: { initContainers } })).toEqual([
      "first: Privileged Containers: privileged",
      "first: Privilege Escalation: not refused",
      "first: Capabilities: not all are dropped",
    ]);
  });
});
