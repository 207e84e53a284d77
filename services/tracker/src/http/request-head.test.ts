import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readTrackerRequest } from "./request-head.js";

const read = (text: string, start = 0) => readTrackerRequest(Buffer.from(text, "latin1"), start);

describe("readTrackerRequest", () => {
  it("finds query, version and end in a stream of requests, and needs all of a request", () => {
    const query = fc.stringMatching(/^[!-~]{0,80}$/);
    const headers = fc.array(fc.stringMatching(/^X-[A-Za-z-]{1,10}: [ -~]{0,20}$/), { maxLength: 5 });
    const kind = fc.constantFrom("announce", "scrape");
    fc.assert(
      fc.property(kind, query, headers, fc.constantFrom("1.0", "1.1"), (path, text, lines, version) => {
        const head = ["Host: example", ...lines].map((line) => `${line}\r\n`).join("");
        const request = `GET /${path}?${text} HTTP/${version}\r\n${head}\r\n`;
        const before = "earlier bytes";
        const found = read(`${before}${request}GET /next`, before.length);
        expect(found).toMatchObject({ kind: path, version, end: before.length + request.length });
        if (typeof found === "string") return;
        expect(`${before}${request}`.slice(found.queryStart, found.queryEnd)).toBe(text);
        expect(found.keepAlive).toBe(version === "1.1");
        for (let cut = 0; cut < request.length; cut++) expect(read(request.slice(0, cut))).toBe("incomplete");
      }),
    );
  });

  it.each([
    ["GET /announce HTTP/1.1\r\n\r\n", { queryStart: 13, queryEnd: 13 }],
    ["GET /announce?a=1 HTTP/1.1\r\nCONNECTION: Close\r\n\r\n", { keepAlive: false }],
    ["GET /announce?a=1 HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", { keepAlive: true }],
    ["GET /announce?a=1 HTTP/1.1\r\nContent-Length: 0\r\n\r\n", { keepAlive: true }],
    ["GET /announce?a=1 HTTP/1.1\n\n", { end: 28 }],
  ])("reads %j", (text, expected) => {
    expect(read(text)).toMatchObject(expected);
  });

  it.each([
    ["GET /api/torrents HTTP/1.1\r\n\r\n", "other"],
    ["GET /announcement HTTP/1.1\r\n\r\n", "other"],
    ["GET /announce/x HTTP/1.1\r\n\r\n", "other"],
    ["POST /announce HTTP/1.1\r\n\r\n", "other"],
    ["\r\n", "other"],
    ["GET /announce?a=1 HTTP/2\r\n\r\n", "bad"],
    ["GET /announce?a=1\r\n\r\n", "bad"],
    ["GET /announce?a=1 b HTTP/1.1\r\n\r\n", "bad"],
    ["GET /announce?a=1 HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc", "bad"],
    ["GET /announce?a=1 HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n", "bad"],
  ])("takes %j for %s", (text, expected) => {
    expect(read(text)).toBe(expected);
  });

  it("makes something of any bytes", () => {
    const start = fc.constantFrom("", "GET /announce", "GET /scrape?", "GET /announce?x HTTP/1.1\r\n");
    fc.assert(
      fc.property(start, fc.uint8Array({ maxLength: 100 }), (prefix, bytes) => {
        const found = readTrackerRequest(Buffer.concat([Buffer.from(prefix), bytes]), 0);
        if (typeof found !== "string") expect(found.end).toBeGreaterThan(found.queryEnd);
      }),
    );
  });
});
