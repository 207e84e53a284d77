import { defineConfig } from "vitest/config";

/** A swarm on a Kubernetes cluster, each test after the one before it. Started by main.ts. */
export default defineConfig({
  resolve: { conditions: ["swarmlab-source", "module", "node"] },
  ssr: { resolve: { conditions: ["swarmlab-source", "module", "node"] } },
  test: {
    root: import.meta.dirname,
    include: ["**/*.e2e.ts"],
    fileParallelism: false,
    bail: 1,
    testTimeout: 300_000,
    hookTimeout: 900_000,
    reporters: ["verbose"],
  },
});
