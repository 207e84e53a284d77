/** There is no overlay for this version of Kubernetes. */
export class UnsupportedVersionError extends Error {
  override readonly name = "UnsupportedVersionError";
  readonly code = "UNSUPPORTED_VERSION";
}

/** The overlay of the demo for Kubernetes 1.`minor`. Throws UnsupportedVersionError. */
export function overlayFor(minor: number): "demo" | "kubernetes-1.20" {
  if (minor >= 27) return "demo";
  // The version of PodDisruptionBudgets that it needs is gone since 1.25.
  if (minor < 25) return "kubernetes-1.20";
  throw new UnsupportedVersionError(
    `no overlay fits Kubernetes 1.${minor}: \`demo\` needs 1.27 or newer, \`kubernetes-1.20\` 1.24 or older`,
  );
}
