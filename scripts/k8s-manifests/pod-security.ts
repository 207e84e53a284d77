import { type Container, containersOf, type PodSpec, type SecurityContext } from "./manifest.js";

/** What a pod does that the standard forbids. */
export interface Violation {
  /** The container's name, or `pod`. */
  readonly where: string;
  /** The standard's name of the control. */
  readonly control: string;
  readonly found: string;
}

const allowedVolumes = [
  "configMap",
  "csi",
  "downwardAPI",
  "emptyDir",
  "ephemeral",
  "persistentVolumeClaim",
  "projected",
  "secret",
];
const allowedSysctls = [
  "kernel.shm_rmid_forced",
  "net.ipv4.ip_local_port_range",
  "net.ipv4.ip_local_reserved_ports",
  "net.ipv4.ip_unprivileged_port_start",
  "net.ipv4.ping_group_range",
  "net.ipv4.tcp_fin_timeout",
  "net.ipv4.tcp_keepalive_intvl",
  "net.ipv4.tcp_keepalive_probes",
  "net.ipv4.tcp_keepalive_time",
  "net.ipv4.tcp_syncookies",
];
const allowedSeLinuxTypes = ["", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"];
const allowedProfiles = ["RuntimeDefault", "Localhost"];

/**
 * What in a pod for Linux is beyond the Pod Security Standard `restricted` (kubernetes.io, "Pod Security Standards"), with
 * all of `baseline` that it includes.
 */
export function restrictedViolations(pod: PodSpec): Violation[] {
  const context = pod.securityContext;
  return [
    ...podViolations(pod),
    ...contextViolations("pod", context),
    ...containersOf(pod).flatMap((container) => [
      ...contextViolations(container.name, container.securityContext),
      ...containerViolations(container, context),
    ]),
  ];
}

function podViolations(pod: PodSpec): Violation[] {
  const violations: Violation[] = [];
  const add = (control: string, found: string) => violations.push({ where: "pod", control, found });
  for (const name of ["hostNetwork", "hostPID", "hostIPC"] as const) {
    if (pod[name] === true) add("Host Namespaces", name);
  }
  for (const { name: _, ...sources } of pod.volumes) {
    for (const source of Object.keys(sources)) {
      if (!allowedVolumes.includes(source)) add("Volume Types", source);
    }
  }
  for (const { name } of pod.securityContext?.sysctls ?? []) {
    if (!allowedSysctls.includes(name)) add("Sysctls", name);
  }
  return violations;
}

/** What may be said for the pod and for a container, and is forbidden in both places. */
function contextViolations(where: string, context: SecurityContext | undefined): Violation[] {
  const violations: Violation[] = [];
  const add = (control: string, found: string) => violations.push({ where, control, found });
  if (context?.windowsOptions?.hostProcess === true) add("HostProcess", "hostProcess");
  if (context?.runAsNonRoot === false) add("Running as Non-root", "runAsNonRoot: false");
  if (context?.runAsUser === 0) add("Running as Non-root user", "runAsUser: 0");
  const seccomp = context?.seccompProfile?.type;
  if (seccomp !== undefined && !allowedProfiles.includes(seccomp)) add("Seccomp", seccomp);
  const appArmor = context?.appArmorProfile?.type;
  if (appArmor !== undefined && !allowedProfiles.includes(appArmor)) add("AppArmor", appArmor);
  const { type = "", user = "", role = "" } = context?.seLinuxOptions ?? {};
  if (!allowedSeLinuxTypes.includes(type) || user !== "" || role !== "") {
    add("SELinux", `${user}:${role}:${type}`);
  }
  return violations;
}

function containerViolations(container: Container, podContext: SecurityContext | undefined): Violation[] {
  const violations: Violation[] = [];
  const add = (control: string, found: string) => violations.push({ where: container.name, control, found });
  const context = container.securityContext;
  if (context?.privileged === true) add("Privileged Containers", "privileged");
  if (context?.procMount !== undefined && context.procMount !== "Default") {
    add("/proc Mount Type", context.procMount);
  }
  for (const { hostPort } of container.ports) {
    if (hostPort !== undefined && hostPort !== 0) add("Host Ports", String(hostPort));
  }
  for (const host of hostsOf(container)) add("Host Probes / Lifecycle Hooks", host);
  if (context?.allowPrivilegeEscalation !== false) add("Privilege Escalation", "not refused");
  if ((context?.runAsNonRoot ?? podContext?.runAsNonRoot) === undefined) {
    add("Running as Non-root", "not demanded");
  }
  if ((context?.seccompProfile ?? podContext?.seccompProfile) === undefined) add("Seccomp", "no profile");
  if (context?.capabilities?.drop.includes("ALL") !== true) add("Capabilities", "not all are dropped");
  for (const capability of context?.capabilities?.add ?? []) {
    if (capability !== "NET_BIND_SERVICE") add("Capabilities", capability);
  }
  return violations;
}

/** Hosts that probes and hooks would call in place of the pod. */
function hostsOf(container: Container): string[] {
  const { startupProbe, readinessProbe, livenessProbe, lifecycle } = container;
  return (
    JSON.stringify({ startupProbe, readinessProbe, livenessProbe, lifecycle }).match(/"host":"[^"]+"/g) ?? []
  );
}
