/**
 * How Node is started for every node, here and in the images (docker/Dockerfile). The young generation's halves may grow to
 * 16 MiB by default, and do while a program is loaded, although what a peer throws away later is small.
 */
export const nodeFlags: readonly string[] = ["--max-semi-space-size=2"];
