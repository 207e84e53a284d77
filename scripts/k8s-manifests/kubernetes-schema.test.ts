import { describe, expect, it } from "vitest";
import { KubernetesSchema } from "./kubernetes-schema.js";
import { parseManifests } from "./manifest.js";

const deployment = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: example }
spec:
  replicas: 2
  selector: { matchLabels: { app: example } }
  template:
    metadata: { labels: { app: example } }
    spec:
      containers:
        - name: example
          image: example
          livenessProbe: { httpGet: { path: /, port: http } }
`;

describe("the schemas of Kubernetes", async () => {
  const schemas = await KubernetesSchema.readAll();
  const problemsOf = (yaml: string) =>
    schemas.map((schema) => parseManifests(yaml).flatMap((manifest) => schema.problemsOf(manifest)));
  const inEach = (problems: string[]) => schemas.map(() => problems);

  it("are of three versions at least", () => {
    expect(schemas.map(({ version }) => version)).toEqual(["1.33", "1.34", "1.36"]);
  });

  it("take what is right", () => {
    expect(problemsOf(deployment)).toEqual(inEach([]));
    expect(problemsOf(deployment.replace("port: http", "port: 80"))).toEqual(inEach([]));
  });

  it("refuse an unknown field, however deep", () => {
    expect(problemsOf(deployment.replace("path: /", "patth: /"))).toEqual(
      inEach(['spec.template.spec.containers.0.livenessProbe.httpGet: Unrecognized key: "patth"']),
    );
  });

  it("refuse a wrong type and a fraction", () => {
    const [problems] = problemsOf(deployment.replace("replicas: 2", "replicas: two"));
    expect(problems).toEqual([expect.stringContaining("spec.replicas: ")]);
    const [ofFraction] = problemsOf(deployment.replace("replicas: 2", "replicas: 1.5"));
    expect(ofFraction).toEqual([expect.stringContaining("spec.replicas: ")]);
  });

  it("miss what is needed, but not in a part", () => {
    const part = deployment.replace("  selector: { matchLabels: { app: example } }\n", "");
    const [problems] = problemsOf(part);
    expect(problems).toEqual([expect.stringContaining("spec.selector: ")]);
    const ofPart = schemas.map((schema) =>
      parseManifests(part).flatMap((manifest) => schema.problemsOfPart(manifest)),
    );
    expect(ofPart).toEqual(inEach([]));
  });

  it("refuse an object under another API's name", () => {
    expect(problemsOf(deployment.replace("apps/v1", "extensions/v1beta1"))).toEqual(
      inEach(["there is no Deployment of extensions/v1beta1"]),
    );
  });
});
