import { defineConfig } from "vitest/config";

/** A swarm of containers whose links the kernel makes; images are there already. Started by ../main.ts. */
export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ["*.e2e.ts"],
    bail: 1,
    testTimeout: 300_000,
    hookTimeout: 300_000,
    reporters: ["verbose"],
  },
});
