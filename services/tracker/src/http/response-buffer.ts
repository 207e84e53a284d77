import type { Socket } from "node:net";
import { writeAscii, writeDecimal } from "@swarmlab/tracker-protocol/compact-response";

/** Room for some pipelined answers, which then are one write. */
const bufferBytes = 64 * 1024;

/** The largest body there is: 200 peers as dictionaries. */
const maxBodyBytes = 16 * 1024;
const maxHeadBytes = 128;

const statusLines = {
  200: "200 OK",
  400: "400 Bad Request",
  431: "431 Request Header Fields Too Large",
} as const;

export type Status = keyof typeof statusLines;

/** `default` says nothing, as HTTP/1.1 then keeps the connection. */
export type ConnectionHeader = "default" | "keep-alive" | "close";

/**
 * Gathers the answers to what one chunk of a connection asked, in memory that is used again for the next: sockets are
 * served one after the other, and the system usually takes a write at once.
 */
export class ResponseBuffer {
  #bytes = Buffer.allocUnsafeSlow(bufferBytes);
  #length = 0;

  get isFull(): boolean {
    return this.#length > bufferBytes - maxHeadBytes - maxBodyBytes;
  }

  add(status: Status, connection: ConnectionHeader, body: Uint8Array): void {
    const bytes = this.#bytes;
    let at = writeAscii(bytes, this.#length, "HTTP/1.1 ");
    at = writeAscii(bytes, at, statusLines[status]);
    if (connection !== "default") {
      at = writeAscii(bytes, at, "\r\nConnection: ");
      at = writeAscii(bytes, at, connection);
    }
    at = writeAscii(bytes, at, "\r\nContent-Type: text/plain\r\nContent-Length: ");
    at = writeDecimal(bytes, at, body.length);
    at = writeAscii(bytes, at, "\r\n\r\n");
    bytes.set(body, at);
    this.#length = at + body.length;
  }

  /** Hands everything to the socket. */
  flush(socket: Socket): void {
    if (this.#length === 0) return;
    socket.write(this.#bytes.subarray(0, this.#length));
    this.#length = 0;
    // What the system did not take at once still lies in this memory.
    if (socket.writableLength > 0) this.#bytes = Buffer.allocUnsafeSlow(bufferBytes);
  }
}
