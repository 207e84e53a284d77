import { defineConfig } from "vitest/config";

// Tests run on the sources of every package; `dist` is used only for worker threads and child processes.
const conditions = ["swarmlab-source", "module", "node"];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ["shared/*/src/**/*.test.ts", "services/*/src/**/*.test.ts", "scripts/**/*.test.ts"],
    testTimeout: 20_000,
    hookTimeout: 20_000,
  },
});
