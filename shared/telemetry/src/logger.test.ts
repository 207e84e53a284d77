import { describe, expect, it } from "vitest";
import { createLogger, type LoggerOptions } from "./logger.js";

function linesOf(
  options: Partial<LoggerOptions>,
  log: (logger: ReturnType<typeof createLogger>) => void,
): string[] {
  const lines: string[] = [];
  log(createLogger({ name: "example", level: "info", write: (line) => lines.push(line), ...options }));
  return lines;
}

describe("createLogger", () => {
  it("writes JSON with the program's name", () => {
    const [line = ""] = linesOf({ format: "json" }, (logger) => logger.info({ peers: 3 }, "announced"));
    expect(JSON.parse(line)).toMatchObject({ level: 30, name: "example", peers: 3, msg: "announced" });
  });

  it("writes one readable line for each message", () => {
    const lines = linesOf({ format: "lines" }, (logger) => {
      logger.info({ url: "http://127.0.0.1:1/announce", peers: 3, name2: "two words" }, "announced");
      logger.child({ torrent: "abc" }).warn("slow");
      logger.debug("not at this level");
    });
    expect(lines).toEqual([
      expect.stringMatching(
        /^\d\d:\d\d:\d\d info {2}announced url=http:\/\/127.0.0.1:1\/announce peers=3 name2="two words"\n$/,
      ),
      expect.stringMatching(/^\d\d:\d\d:\d\d warn {2}slow torrent=abc\n$/),
    ]);
  });

  it("keeps an error's stack readable", () => {
    const [line] = linesOf({ format: "lines" }, (logger) =>
      logger.error({ err: new Error("no disk") }, "failed"),
    );
    expect(line).toMatch(/error failed\nError: no disk\n {4}at /);
  });
});
