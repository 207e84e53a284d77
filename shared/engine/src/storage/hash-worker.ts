import { createHash } from "node:crypto";
import { parentPort } from "node:worker_threads";

/** Several requests in one message, because a message costs more than hashing a small piece. */
export interface HashBatch {
  readonly inputs: readonly Uint8Array[];
}

/** The digests of a batch's inputs, one after the other. */
export interface HashBatchResult {
  readonly digests: Uint8Array;
}

export const SHA1_BYTES = 20;

parentPort?.on("message", ({ inputs }: HashBatch) => {
  const digests = new Uint8Array(inputs.length * SHA1_BYTES);
  inputs.forEach((input, i) => {
    digests.set(createHash("sha1").update(input).digest(), i * SHA1_BYTES);
  });
  const result: HashBatchResult = { digests };
  parentPort?.postMessage(result);
});
