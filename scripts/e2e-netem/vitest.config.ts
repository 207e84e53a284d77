import { defineConfig } from "vitest/config";

/**
 * What is measured must have the machine to itself: one file after the other, one test after the other. The guest has one
 * processor, so all files share one worker. Started by main.ts, in namespaces of its own.
 */
export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ["links/*.e2e.ts"],
    fileParallelism: false,
    isolate: false,
    // Chance and other work on the machine are measured too: one confidence interval in a thousand is missed.
    retry: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    reporters: ["verbose"],
  },
});
