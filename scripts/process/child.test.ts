import { describe, expect, it } from "vitest";
import { Child, ChildError } from "./child.js";
import { eventNamed, textField } from "./json-lines.js";

const patienceMs = 5_000;

describe("a child process", () => {
  it("hands over the first line that matches, whether it came before or comes later", async () => {
    const child = await node(`
      console.log("starting");
      console.log(JSON.stringify({ event: "ready", listen: "127.0.0.1:1" }));
    `);
    const ready = await child.waitForLine("it was ready", patienceMs, eventNamed("ready"));
    expect(textField(ready, "listen")).toBe("127.0.0.1:1");
    await child.exited;
    await expect(child.waitForLine("it was ready", patienceMs, eventNamed("ready"))).resolves.toEqual(ready);
  });

  it("says with its last words how it ended when it ends too early", async () => {
    const child = await node(`console.error("out of luck"); process.exitCode = 3;`);
    const waiting = child.waitForLine("it was ready", patienceMs, eventNamed("ready"));
    await expect(waiting).rejects.toMatchObject({ code: "EXITED" });
    await expect(waiting).rejects.toThrow(/ended with exit code 3 before it was ready\n.*out of luck/);
  });

  it("does not wait for ever", async () => {
    const child = await node("setInterval(() => {}, 1000);");
    await expect(child.waitForLine("it was ready", 50, eventNamed("ready"))).rejects.toMatchObject({
      code: "TIMEOUT",
    });
    await expect(child.stop()).resolves.toEqual({ code: null, signal: "SIGTERM" });
  });

  it.runIf(process.platform === "linux")("knows the most memory it had, also after its end", async () => {
    const child = await node(`
      const bytes = Buffer.alloc(64 << 20, 1);
      console.log("filled");
      setInterval(() => bytes[0], 1000);
    `);
    await child.waitForLine("its memory was filled", patienceMs, (line) => line === "filled" || undefined);
    await child.stop();
    expect(child.peakRssBytes()).toBeGreaterThan(64 << 20);
  });

  it("that cannot be started is an error that names it", async () => {
    const starting = Child.start({ name: "example", command: ["/nonexistent/example"] });
    await expect(starting).rejects.toThrow(ChildError);
    await expect(starting).rejects.toMatchObject({ code: "NOT_STARTED" });
  });
});

function node(script: string): Promise<Child> {
  return Child.start({ name: "example", command: [process.execPath, "--eval", script] });
}
