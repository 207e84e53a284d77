import { existsSync } from "node:fs";
import { connect } from "node:net";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { Child } from "./child.js";
import { eventNamed, type JsonRecord, numberField, textField } from "./json-lines.js";
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
    const { owner, opened } = await startOwner(`
      setTimeout(() => { throw new Error("as if by mistake"); }, 0);
    `);
    await owner.exited;
    await expectClosed(opened);
  });

  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("does so as well when its process gets %s, which then exits with %i", async (signal, code) => {
    const { owner, opened } = await startOwner(`
      new Scope().add({ close: async () => {}, closeNow: () => console.log("another scope was closed") });
      scope.add({ close: async () => {}, closeNow: () => { throw new Error("cannot be closed"); } });
      console.log("all is open");
    `);
    await owner.waitForLine("it had opened all", 20_000, (line) => line === "all is open" || undefined);
    owner.signal(signal);
    expect(await owner.exited).toEqual({ code, signal: null });
    expect(owner.lines).toContain("another scope was closed");
    await expectClosed(opened);
  });

  it("closes at once what takes too long to close when its process gets a signal", async () => {
    const { owner, opened } = await startOwner(`
      scope.add({ close: () => new Promise(() => {}), closeNow: () => console.log("closed at once") });
      void scope.close();
      console.log("closing");
    `);
    await owner.waitForLine("it began to close", 20_000, (line) => line === "closing" || undefined);
    owner.signal("SIGINT");
    await owner.exited;
    expect(owner.lines).toContain("closed at once");
    await expectClosed(opened);
  });

  it("closes all where process.exit throws, as in a worker of Vitest", async () => {
    const { owner, opened } = await startOwner(`
      process.exit = () => { throw new Error("not here"); };
      console.log("all is open");
    `);
    await owner.waitForLine("it had opened all", 20_000, (line) => line === "all is open" || undefined);
    owner.signal("SIGINT");
    expect(await owner.exited).toEqual({ code: null, signal: "SIGINT" });
    await expectClosed(opened);
  });

  it("leaves signals alone once it is closed", async () => {
    const listeners = () => process.listenerCount("SIGINT") + process.listenerCount("SIGTERM");
    const before = listeners();
    const scope = new Scope();
    expect(listeners()).toBe(before + 2);
    await scope.close();
    expect(listeners()).toBe(before);
  });
});

/** A process with a scope that has a child process and a folder, and then does what `script` says. */
async function startOwner(script: string): Promise<{ owner: Child; opened: JsonRecord }> {
  const opening = `
    import { Scope } from ${JSON.stringify(scopeSource)};
    const scope = new Scope();
    const child = await scope.start({ name: "idle", command: ${JSON.stringify(idle)} });
    const folder = await scope.scratchDirectory("example");
    const { port } = await child.waitForLine("it served", 20_000, JSON.parse);
    console.log(JSON.stringify({ event: "opened", port, folder }));
  `;
  const owner = await Child.start({
    name: "owner",
    command: [process.execPath, "--import", "tsx", "--input-type=module", "--eval", opening + script],
  });
  return { owner, opened: await owner.waitForLine("it had opened all", 20_000, eventNamed("opened")) };
}

async function expectClosed(opened: JsonRecord): Promise<void> {
  expect(existsSync(textField(opened, "folder"))).toBe(false);
  await expect.poll(() => canBeCalled(numberField(opened, "port"))).toBe(false);
}

function canBeCalled(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}
