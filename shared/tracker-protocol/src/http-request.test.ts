import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { AnnounceRequest } from "./announce.js";
import {
  announceUrl,
  maxScrapeTorrents,
  parseAnnounceQuery,
  parseScrapeQuery,
  scrapeUrl,
} from "./http-request.js";
import { TrackerProtocolError } from "./tracker-protocol-error.js";

const twentyBytes = fc.uint8Array({ minLength: 20, maxLength: 20 });
const count = fc.maxSafeNat();
const announce: fc.Arbitrary<AnnounceRequest> = fc.record({
  infoHash: twentyBytes,
  peerId: twentyBytes,
  port: fc.integer({ min: 1, max: 65535 }),
  uploadedBytes: count,
  downloadedBytes: count,
  leftBytes: count,
  event: fc.constantFrom(undefined, "started", "stopped", "completed"),
  numWant: fc.option(fc.integer({ min: 0, max: 1e6 }), { nil: undefined }),
});

function query(url: string): [Uint8Array, number, number] {
  const bytes = Buffer.from(url, "latin1");
  return [bytes, url.indexOf("?") + 1, bytes.length];
}

const hash = "%00%01%02%03%04%05%06%07%08%09%0a%0B%0c%0d%0e%0f%10%11%12%13";
const complete = `info_hash=${hash}&peer_id=${hash}&port=1`;
const parse = (text: string) => parseAnnounceQuery(...query(`?${text}`));

describe("announceUrl and parseAnnounceQuery", () => {
  it("agree on every announce", () => {
    fc.assert(
      fc.property(
        announce,
        fc.constantFrom("http://192.0.2.1/announce", "http://192.0.2.1/a?pass=1"),
        (sent, base) => {
          const url = announceUrl(base, sent, { key: 0xabc, trackerId: Uint8Array.of(38, 61) });
          expect(url).toContain("&key=00000abc");
          expect(url).toContain("&trackerid=%26%3D");
          expect(parseAnnounceQuery(...query(url))).toEqual({ ...sent, compact: true });
        },
      ),
    );
  });

  it("give a request or a TrackerProtocolError for any bytes", () => {
    const anything = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc.string().map((text) => Buffer.from(`${complete}&${text}`)),
      fc
        .array(fc.constantFrom("info_hash", "=", "&", "%", "%4", hash, "port=", "-1", "1"))
        .map((parts) => Buffer.from(parts.join(""))),
    );
    fc.assert(
      fc.property(anything, (bytes) => {
        try {
          expect(parseAnnounceQuery(bytes, 0, bytes.length).infoHash).toHaveLength(20);
        } catch (error) {
          expect(error).toBeInstanceOf(TrackerProtocolError);
        }
      }),
    );
  });

  it("read what real clients write", () => {
    expect(parse(`${complete}&left=-1&numwant=-1&event=empty&ip=192.0.2.9&supportcrypto=1`)).toMatchObject({
      leftBytes: Number.MAX_SAFE_INTEGER,
      numWant: undefined,
      event: undefined,
      compact: true,
    });
    expect(parse(`${complete}&compact=0&numwant=1000000000&left=0&`)).toMatchObject({
      compact: false,
      numWant: 1e9,
      leftBytes: 0,
    });
    expect(parse(`info_hash=++++++++++++++++++++&peer_id=${hash}&port=1`).infoHash).toEqual(
      new Uint8Array(20).fill(32),
    );
  });

  it.each([
    [`peer_id=${hash}&port=1`, "info_hash is missing"],
    [`info_hash=${hash}&port=1`, "peer_id is missing"],
    [`info_hash=${hash.slice(3)}&peer_id=${hash}&port=1`, "info_hash must be 20 bytes"],
    [`info_hash=${hash}%14&peer_id=${hash}&port=1`, "info_hash must be 20 bytes"],
    [`info_hash=${hash.slice(0, -1)}&peer_id=${hash}&port=1`, "info_hash must be 20 bytes"],
    [`info_hash=${hash}&peer_id=${hash}`, "port must be from 1 to 65535"],
    [`info_hash=${hash}&peer_id=${hash}&port=0`, "port must be from 1 to 65535"],
    [`info_hash=${hash}&peer_id=${hash}&port=65536`, "port must be from 1 to 65535"],
    [`info_hash=${hash}&peer_id=${hash}&port=1e3`, "port must be from 1 to 65535"],
    ["", "info_hash is missing"],
  ])("refuse %s", (text, message) => {
    expect(() => parse(text)).toThrow(message);
  });
});

describe("scrapeUrl and parseScrapeQuery", () => {
  it("agree on the torrents", () => {
    fc.assert(
      fc.property(fc.array(twentyBytes, { minLength: 1, maxLength: maxScrapeTorrents }), (infoHashes) => {
        const url = scrapeUrl("http://192.0.2.1:6969/x/announce?pass=1", infoHashes) ?? "";
        expect(url.startsWith("http://192.0.2.1:6969/x/scrape?pass=1&info_hash=")).toBe(true);
        expect(parseScrapeQuery(...query(url))).toEqual(infoHashes);
      }),
    );
  });

  it("know which announce URLs have one", () => {
    expect(scrapeUrl("http://192.0.2.1/announce.php", [])).toMatch(/^http:\/\/192.0.2.1\/scrape.php/);
    expect(scrapeUrl("http://192.0.2.1/a", [])).toBeUndefined();
    expect(scrapeUrl("http://192.0.2.1/announce/x", [])).toBeUndefined();
  });

  it("refuse a scrape of everything, and of too much", () => {
    const scrape = (text: string) => parseScrapeQuery(...query(`?${text}`));
    expect(() => scrape("")).toThrow("info_hash is missing");
    expect(() => scrape(`info_hash=${hash}&`.repeat(maxScrapeTorrents + 1))).toThrow("more than 74");
    expect(() => scrape("info_hash=abc")).toThrow("20 bytes");
  });
});
