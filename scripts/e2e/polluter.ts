import { readFile } from "node:fs/promises";
import { createServer, type Server, type Socket } from "node:net";
import { encodeHandshake, encodeReserved, HandshakeReader } from "@swarmlab/wire/handshake";
import { MessageDecoder, maxMessageBytes } from "@swarmlab/wire/message-decoder";
import type { MessageHandler } from "@swarmlab/wire/message-handler";
import { encodeBitfield, encodePieceHeader, encodeUnchoke } from "@swarmlab/wire/messages";
import type { Resource } from "../process/scope.js";

export interface PolluterOptions {
  readonly address: string;
  /** The one file of the torrent. */
  readonly contentPath: string;
  readonly infoHash: string;
  readonly pieceLengthBytes: number;
  /** Of so many blocks one is bad. */
  readonly badBlockEvery: number;
}

/** A seeder that answers at once, and spoils some of the blocks it gives. */
export class Polluter implements Resource {
  /** Blocks that it spoiled. */
  badBlocks = 0;
  /** Connections that were made to it, so far. */
  connections = 0;
  readonly #sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    private readonly content: Buffer,
    private readonly options: PolluterOptions,
  ) {
    server.on("connection", (socket) => this.#serve(socket));
  }

  static async start(options: PolluterOptions): Promise<Polluter> {
    const server = createServer();
    const polluter = new Polluter(server, await readFile(options.contentPath), options);
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(0, options.address, resolve);
    });
    return polluter;
  }

  /** `ADDR:PORT`. */
  get endpoint(): string {
    const address = this.server.address();
    if (address === null || typeof address === "string") throw new TypeError("it listens on TCP");
    return `${address.address}:${address.port}`;
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.closeNow();
    await closed;
  }

  closeNow(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #serve(socket: Socket): void {
    this.connections++;
    this.#sockets.add(socket);
    socket.on("close", () => this.#sockets.delete(socket));
    // A peer that bans it resets the connection.
    socket.on("error", () => socket.destroy());
    const pieceCount = Math.ceil(this.content.length / this.options.pieceLengthBytes);
    const reader = new HandshakeReader();
    const decoder = new MessageDecoder(this.#answerOn(socket), {
      maxMessageBytes: maxMessageBytes(pieceCount),
    });
    socket.on("data", (chunk) => {
      if (reader.handshake !== undefined) {
        decoder.push(chunk);
        return;
      }
      const taken = reader.push(chunk);
      if (reader.handshake === undefined) return;
      socket.write(
        encodeHandshake({
          infoHash: Buffer.from(this.options.infoHash, "hex"),
          peerId: Buffer.from("-XX0000-example-evil"),
          reserved: encodeReserved({}),
        }),
      );
      socket.write(encodeBitfield(allBits(pieceCount)));
      socket.write(encodeUnchoke());
      decoder.push(chunk.subarray(taken));
    });
  }

  #answerOn(socket: Socket): MessageHandler {
    const ignore = (): void => {};
    return {
      onRequest: (index, begin, length) => this.#give(socket, index, begin, length),
      onPieceStart: () => undefined,
      onPieceEnd: ignore,
      onKeepAlive: ignore,
      onChoke: ignore,
      onUnchoke: ignore,
      onInterested: ignore,
      onNotInterested: ignore,
      onHave: ignore,
      onBitfield: ignore,
      onCancel: ignore,
      onPort: ignore,
      onSuggest: ignore,
      onHaveAll: ignore,
      onHaveNone: ignore,
      onReject: ignore,
      onAllowedFast: ignore,
      onExtended: ignore,
      onUnknown: ignore,
    };
  }

  #give(socket: Socket, index: number, begin: number, length: number): void {
    const offset = index * this.options.pieceLengthBytes + begin;
    const block = Buffer.from(this.content.subarray(offset, offset + length));
    const blockNumber = Math.floor(offset / length);
    if (blockNumber % this.options.badBlockEvery === 0) {
      this.badBlocks++;
      block[0] = (block[0] ?? 0) ^ 0xff;
    }
    socket.write(encodePieceHeader(index, begin, length));
    socket.write(block);
  }
}

function allBits(count: number): Uint8Array {
  const bits = new Uint8Array(Math.ceil(count / 8)).fill(0xff);
  const spare = bits.length * 8 - count;
  bits[bits.length - 1] = (0xff << spare) & 0xff;
  return bits;
}
