import type { Socket } from "node:net";
import { encodeFailure } from "@swarmlab/tracker-protocol/http-response";
import type { AnnounceAnswer } from "./announce-answer.js";
import { readTrackerRequest, type TrackerRequestHead } from "./request-head.js";
import type { ConnectionHeader, ResponseBuffer } from "./response-buffer.js";

/** What all connections of a server share. */
export interface ConnectionContext {
  readonly answers: AnnounceAnswer;
  readonly responses: ResponseBuffer;
  /** Takes a connection whose next request is neither announce nor scrape, with the bytes that have arrived. */
  readonly handOver: (connection: TrackerConnection, bytes: Buffer) => void;
}

/** Room for a scrape of as many torrents as there may be, and a browser's headers. */
const maxHeadBytes = 8 * 1024;
/** A client that asks and does not read is not listened to while so much waits for it. */
const maxUnsentBytes = 256 * 1024;

/** One client's connection: answers announces and scrapes as they come, pipelined or in pieces. */
export class TrackerConnection {
  readonly socket: Socket;
  /** Set whenever a request was answered; who watches for idleness clears it. */
  isActive = true;
  readonly #context: ConnectionContext;
  readonly #ip: Uint8Array;
  /** The beginning of a request. */
  #partial: Buffer | undefined;
  readonly #onData = (chunk: Buffer) => this.#receive(chunk);

  /** `ip` is where the client is: 4 or 16 bytes. */
  constructor(socket: Socket, ip: Uint8Array, context: ConnectionContext) {
    this.socket = socket;
    this.#ip = ip;
    this.#context = context;
    socket.on("data", this.#onData);
    // A reset is the client's affair; `close` follows.
    socket.on("error", () => undefined);
  }

  /** Stops listening, so that another server can take the socket. */
  release(): void {
    this.socket.off("data", this.#onData);
  }

  #receive(chunk: Buffer): void {
    const bytes = this.#partial === undefined ? chunk : Buffer.concat([this.#partial, chunk]);
    this.#partial = undefined;
    const { responses, handOver } = this.#context;
    let start = 0;
    while (start < bytes.length) {
      const head = readTrackerRequest(bytes, start);
      if (head === "incomplete" && bytes.length - start <= maxHeadBytes) {
        this.#partial = bytes.subarray(start);
        break;
      }
      if (head === "other") {
        responses.flush(this.socket);
        handOver(this, bytes.subarray(start));
        return;
      }
      if (typeof head === "string") {
        this.#refuse(head === "bad" ? 400 : 431);
        return;
      }
      this.#answer(bytes, head);
      if (!head.keepAlive) {
        responses.flush(this.socket);
        this.socket.end();
        return;
      }
      start = head.end;
      if (responses.isFull) responses.flush(this.socket);
    }
    responses.flush(this.socket);
    if (this.socket.writableLength > maxUnsentBytes) this.#waitForReader();
  }

  #answer(bytes: Buffer, head: TrackerRequestHead): void {
    const { answers, responses } = this.#context;
    this.isActive = true;
    responses.add(
      200,
      connectionHeader(head),
      answers[head.kind](bytes, head.queryStart, head.queryEnd, this.#ip),
    );
  }

  #refuse(status: 400 | 431): void {
    const { responses } = this.#context;
    const reason =
      status === 400 ? "this is not a request that a tracker answers" : "the request is too long";
    responses.add(status, "close", encodeFailure(reason));
    responses.flush(this.socket);
    this.socket.off("data", this.#onData);
    this.socket.end();
    // What still comes is read and dropped, so that the answer is not lost in a reset.
    this.socket.resume();
  }

  #waitForReader(): void {
    this.socket.pause();
    this.socket.once("drain", () => this.socket.resume());
  }
}

function connectionHeader(head: TrackerRequestHead): ConnectionHeader {
  if (!head.keepAlive) return "close";
  return head.version === "1.0" ? "keep-alive" : "default";
}
