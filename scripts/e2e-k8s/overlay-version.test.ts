import { describe, expect, it } from "vitest";
import { overlayFor, UnsupportedVersionError } from "./overlay-version.js";

describe("the overlay for a version of Kubernetes", () => {
  it.each([
    [20, "kubernetes-1.20"],
    [24, "kubernetes-1.20"],
    [27, "demo"],
    [36, "demo"],
  ])("1.%i is %s", (minor, overlay) => {
    expect(overlayFor(minor)).toBe(overlay);
  });

  it.each([25, 26])("1.%i is none, and that is told", (minor) => {
    expect(() => overlayFor(minor)).toThrow(UnsupportedVersionError);
    expect(() => overlayFor(minor)).toThrow(`no overlay fits Kubernetes 1.${minor}`);
  });
});
