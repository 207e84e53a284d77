/** An error with the code that the system would give. */
export class VirtualNetworkError extends Error {
  override readonly name = "VirtualNetworkError";
  readonly code: "ECONNREFUSED" | "EADDRINUSE" | "ENOTFOUND";

  constructor(code: VirtualNetworkError["code"], message: string) {
    super(message);
    this.code = code;
  }
}
