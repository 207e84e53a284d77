import { describe, expect, it } from "vitest";
import { parseManifests } from "./manifest.js";
import { podReferenceProblems } from "./pod-references.js";
import { selectorProblems } from "./selectors.js";

const wellConnected = `
apiVersion: v1
kind: ServiceAccount
metadata: { name: example }
automountServiceAccountToken: false
---
apiVersion: v1
kind: ConfigMap
metadata: { name: settings-0123456789 }
---
apiVersion: v1
kind: Service
metadata: { name: example }
spec:
  selector: { app: example }
  ports: [{ port: 80, targetPort: http }]
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: { name: example }
spec: { selector: { matchLabels: { app: example } } }
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: example }
spec:
  podSelector: { matchLabels: { app: example } }
  ingress:
    - from: [{ podSelector: { matchLabels: { app: example } } }]
      ports: [{ protocol: TCP, port: 8080 }]
  egress:
    - to: [{ podSelector: { matchLabels: { app: example } } }]
      ports: [{ protocol: TCP, port: 8080 }]
    - ports: [{ protocol: UDP, port: 53 }]
---
apiVersion: monitoring.coreos.com/v1
kind: PodMonitor
metadata: { name: example }
spec:
  selector: { matchLabels: { app: example } }
  podMetricsEndpoints: [{ port: http }]
---
apiVersion: apps/v1
kind: StatefulSet
metadata: { name: example }
spec:
  serviceName: example
  selector: { matchLabels: { app: example } }
  template:
    metadata: { labels: { app: example } }
    spec:
      serviceAccountName: example
      automountServiceAccountToken: false
      containers:
        - name: main
          image: example
          envFrom: [{ configMapRef: { name: settings-0123456789 } }]
          ports: [{ name: http, containerPort: 8080 }]
          livenessProbe: { httpGet: { path: /, port: http } }
          volumeMounts: [{ name: data, mountPath: /data }]
      volumes: [{ name: data, emptyDir: {} }]
`;

function problemsOf(yaml: string): string[] {
  const manifests = parseManifests(yaml);
  return [...podReferenceProblems(manifests), ...selectorProblems(manifests)];
}

describe("references between manifests", () => {
  it("are right when everything named is there", () => {
    expect(problemsOf(wellConnected)).toEqual([]);
  });

  it.each([
    ["targetPort: http", "targetPort: web", "Service example: example has no TCP port web"],
    ["port: http } }", "port: web } }", "container main of example: no port web"],
    [
      "podMetricsEndpoints: [{ port: http }]",
      "podMetricsEndpoints: [{ port: web }]",
      "PodMonitor example: example has no TCP port web",
    ],
    ["volumes: [{ name: data", "volumes: [{ name: other", "container main of example: no volume data"],
    ["serviceName: example", "serviceName: other", "example: no Service other"],
    ["serviceAccountName: example", "serviceAccountName: other", "example: no ServiceAccount other"],
    [
      "metadata: { name: example }\nautomountServiceAccountToken: false",
      "metadata: { name: example }",
      "ServiceAccount example gives a token",
    ],
    ["      automountServiceAccountToken: false\n", "", "example gets a token"],
    [
      "spec: { selector: { matchLabels: { app: example } } }",
      "spec: { selector: { matchLabels: { app: other } } }",
      "PodDisruptionBudget example: selects no pod",
    ],
    [
      "podSelector: { matchLabels: { app: example } }\n  ingress",
      "podSelector: { matchLabels: { app: example, tier: x } }\n  ingress",
      "NetworkPolicy example: selects no pod",
    ],
    [
      "to: [{ podSelector: { matchLabels: { app: example } } }]",
      "to: [{ podSelector: { matchLabels: { app: other } } }]",
      "NetworkPolicy example: selects no pod",
    ],
    [
      "ports: [{ protocol: TCP, port: 8080 }]\n  egress",
      "ports: [{ protocol: UDP, port: 8080 }]\n  egress",
      "NetworkPolicy example: nobody has UDP port 8080",
    ],
    [
      "ports: [{ protocol: TCP, port: 8080 }]\n    - ports",
      "ports: [{ protocol: TCP, port: 8081 }]\n    - ports",
      "NetworkPolicy example: nobody has TCP port 8081",
    ],
  ])("are wrong with another %j", (right, wrong, problem) => {
    expect(wellConnected).toContain(right);
    expect(problemsOf(wellConnected.replace(right, wrong))).toEqual([problem]);
  });

  it("are wrong with a ConfigMap that is missing, unused or without a hash", () => {
    expect(
      problemsOf(
        wellConnected.replace(
          "{ configMapRef: { name: settings-0123456789 } }",
          "{ configMapRef: { name: other-0123456789 } }",
        ),
      ),
    ).toEqual(["nobody uses ConfigMap settings-0123456789", "there is no ConfigMap other-0123456789"]);
    expect(problemsOf(wellConnected.replaceAll("settings-0123456789", "settings"))).toEqual([
      "ConfigMap settings has no hash",
    ]);
  });
});
