import { defineConfig } from "vitest/config";

/** Whole swarms of processes: one file after the other, and patience. Started by main.ts, in namespaces of its own. */
export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ["*.e2e.ts"],
    globalSetup: "./global-setup.ts",
    fileParallelism: false,
    maxConcurrency: 4,
    testTimeout: 180_000,
    hookTimeout: 60_000,
    reporters: ["verbose"],
  },
});
