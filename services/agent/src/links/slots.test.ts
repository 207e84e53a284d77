import { describe, expect, it } from "vitest";
import { Slots } from "./slots.js";

/** A task that says when it runs and ends when it is told to. */
function task(name: string, ran: string[]) {
  let finish: () => void = () => undefined;
  const done = new Promise<void>((resolve) => {
    finish = resolve;
  });
  return {
    run: async () => {
      ran.push(name);
      await done;
    },
    finish: () => finish(),
  };
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

describe("Slots", () => {
  it("runs no more than so many at a time, those in a hurry first", async () => {
    const slots = new Slots(2);
    const ran: string[] = [];
    const tasks = ["a", "b", "c", "d", "urgent"].map((name) => task(name, ran));
    const [a, b] = tasks;
    const runs = tasks.map(({ run }, index) => slots.run(run, { isUrgent: index === 4 }));
    await settle();
    expect(ran).toEqual(["a", "b"]);
    b?.finish();
    await settle();
    expect(ran).toEqual(["a", "b", "urgent"]);
    a?.finish();
    await settle();
    expect(ran).toEqual(["a", "b", "urgent", "c"]);
    for (const each of tasks) each.finish();
    await Promise.all(runs);
    expect(ran).toEqual(["a", "b", "urgent", "c", "d"]);
  });

  it("frees the slot of a task that fails", async () => {
    const slots = new Slots(1);
    await expect(slots.run(() => Promise.reject(new Error("example")))).rejects.toThrow("example");
    expect(await slots.run(async () => 7)).toBe(7);
  });
});
