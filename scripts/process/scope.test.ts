import { existsSync } from "node:fs";
import { connect } from "node:net";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { Child } from "./child.js";
import { eventNamed, numberField, textField } from "./json-lines.js";
import { Scope } from "./scope.js";

const scopeSource = fileURLToPath(new URL("scope.ts", import.meta.url));
/** A process that runs until it is ended, and that can be called while it runs. */
const serving = `
  const server = require("node:net").createServer().listen(0, "127.0.0.1", () => {
    console.log(JSON.stringify({ event: "ready", port: server.address().port }));
  });
`;
const idle = [process.execPath, "--eval", serving] as const;

describe("a scope", () => {
  it("closes what it opened, the last first, and goes on after an error", async () => {
    const closed: string[] = [];
    const scope = new Scope();
    for (const name of ["first", "second", "third"]) {
      scope.add({
        close: async () => {
          closed.push(name);
          if (name === "second") throw new Error("second cannot be closed");
        },
        closeNow: () => {},
      });
    }
    await expect(scope.close()).rejects.toThrow("second cannot be closed");
    expect(closed).toEqual(["third", "second", "first"]);
  });

  it("ends processes and removes folders", async () => {
    const scope = new Scope();
    const child = await scope.start({ name: "idle", command: [...idle] });
    const folder = await scope.scratchDirectory("example");
    await scope.close();
    expect(child.running).toBe(false);
    expect(existsSync(folder)).toBe(false);
  });

  it("does so as well when its process fails without having closed it", async () => {
    const script = `
      import { Scope } from ${JSON.stringify(scopeSource)};
      const scope = new Scope();
      const child = await scope.start({ name: "idle", command: ${JSON.stringify(idle)} });
      const folder = await scope.scratchDirectory("example");
      const { port } = await child.waitForLine("it served", 5000, JSON.parse);
      console.log(JSON.stringify({ event: "opened", port, folder }));
      setTimeout(() => { throw new Error("as if by mistake"); }, 0);
    `;
    const failing = await Child.start({
      name: "failing",
      command: [process.execPath, "--import", "tsx", "--input-type=module", "--eval", script],
    });
    const opened = await failing.waitForLine("it had opened all", 10_000, eventNamed("opened"));
    await failing.exited;
    expect(existsSync(textField(opened, "folder"))).toBe(false);
    await expect.poll(() => canBeCalled(numberField(opened, "port"))).toBe(false);
  });
});

function canBeCalled(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}
