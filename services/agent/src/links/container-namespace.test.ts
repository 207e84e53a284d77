import { mkdir, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { namespacesByProcess, openNamespace } from "./container-namespace.js";

const { signal } = new AbortController();
const container = {
  id: "1",
  name: "lab_leecher.3",
  shortName: "leecher.3",
  pid: 7,
  startedAt: "2024-01-01T00:00:00Z",
  swarmAddresses: ["127.0.0.1"] as const,
  addresses: ["127.0.0.1"],
  link: "lan",
  region: "",
};

/** A procfs elsewhere than at /proc. */
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "swarmlab-agent-proc-"));
});
afterEach(() => rm(folder, { recursive: true }));

describe("a container's network namespace", () => {
  // Only root may enter one.
  it.skipIf(process.getuid?.() !== 0)("is entered through the host's /proc, wherever that is", async () => {
    await mkdir(join(folder, "7"));
    await symlink(`/proc/${process.pid}/ns`, join(folder, "7", "ns"));
    const access = namespacesByProcess(folder);
    expect(access.fileOf(container)).toBe(join(folder, "7", "ns", "net"));
    expect(await openNamespace(access, container, signal)).toMatchObject({ interfaceName: "lo" });
  });

  it("is missing in a /proc that does not show the host's processes, and the error says so", async () => {
    await expect(openNamespace(namespacesByProcess(folder), container, signal)).rejects.toMatchObject({
      name: "NamespaceError",
      message: expect.stringMatching(/lab_leecher\.3 has no interface .* \(pid: host, or --proc\)$/),
    });
  });
});
