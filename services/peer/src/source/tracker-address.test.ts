import { describe, expect, it } from "vitest";
import { trackerAddress } from "./tracker-address.js";

describe("trackerAddress", () => {
  it("takes a URL without a path for a tracker with a catalogue", () => {
    expect(trackerAddress("http://127.0.0.1:6969/")).toEqual({
      announceUrl: "http://127.0.0.1:6969/announce",
      catalogueUrl: "http://127.0.0.1:6969",
    });
  });

  it.each(["http://127.0.0.1:6969/announce", "https://example.org/?key=1", "udp://127.0.0.1:6969"])(
    "only announces to %s",
    (url) => {
      expect(trackerAddress(url)).toEqual({ announceUrl: url, catalogueUrl: undefined });
    },
  );
});
