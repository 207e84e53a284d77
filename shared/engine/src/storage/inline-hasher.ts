import { createHash } from "node:crypto";
import type { Hasher } from "../ports/disk.js";

/** Hashes at once, on the calling thread: for simulations, where every step has its fixed place. */
export class InlineHasher implements Hasher {
  async sha1(bytes: Uint8Array): Promise<Uint8Array> {
    return new Uint8Array(createHash("sha1").update(bytes).digest());
  }
}
