import type { TestProject } from "vitest/node";
import { createLab } from "../netns/lab.js";
import type { Host } from "../process/host.js";

/** As many hosts as the largest swarm of a test has members. */
const members = 12;

declare module "vitest" {
  interface ProvidedContext {
    /** The bridge's own host, where the tests run. */
    readonly rootHost: Host;
    /** Hosts with a network namespace each. */
    readonly memberHosts: readonly Host[];
  }
}

export default async function setup(project: TestProject): Promise<void> {
  const lab = await createLab({ members });
  project.provide("rootHost", lab.root);
  project.provide("memberHosts", lab.members);
}
