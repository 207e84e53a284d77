import { type Link, NO_LINK } from "@swarmlab/scenario/link";
import type { Clock } from "../ports/clock.js";
import type {
  ByteStream,
  DatagramSocket,
  HttpGetOptions,
  HttpResponse,
  Listener,
  Network,
  SocketAddress,
} from "../ports/network.js";
import type { Random } from "../ports/random.js";
import { LinkByteStream } from "./link-byte-stream.js";
import { type Fate, LinkDatagramSocket } from "./link-datagram-socket.js";
import { type DirectionSettings, type DirectionStats, LinkDirection } from "./link-direction.js";
import { happens, PacketLoss } from "./packet-loss.js";

/** The bytes of both directions of an emulated link. */
export interface LinkStats {
  readonly up: DirectionStats;
  readonly down: DirectionStats;
}

/** `network` behind `link`; the network itself when the link adds nothing to it. */
export function emulateLink(network: Network, clock: Clock, random: Random, link: Link): Network {
  const isUnlimited = link.upBitsPerSecond === undefined && link.downBitsPerSecond === undefined;
  const isFaultless = link.loss === undefined && link.duplicatePercent === 0;
  if (isUnlimited && isFaultless && link.delayMs === 0) return network;
  return new LinkNetwork(network, clock, random, link);
}

/**
 * Emulates a node's access line in its own transport, without the kernel's help: all streams, datagrams and HTTP requests
 * share the line's rate, up and down, and each way takes its delay. Rates are those of frames: of a stream's bytes as many
 * pass as full frames have room for; acknowledgements are not counted. Name look-ups are not emulated.
 * What this cannot do is in `@swarmlab/scenario/unsupported-impairments`.
 */
export class LinkNetwork implements Network {
  readonly #inner: Network;
  readonly #random: Random;
  readonly #up: LinkDirection;
  readonly #down: LinkDirection;
  #link: Link = NO_LINK;
  #upLoss: PacketLoss;
  #downLoss: PacketLoss;

  constructor(inner: Network, clock: Clock, random: Random, link: Link) {
    this.#inner = inner;
    this.#random = random;
    this.#link = link;
    this.#up = new LinkDirection(clock, random, directionSettings(link, link.upBitsPerSecond));
    this.#down = new LinkDirection(clock, random, directionSettings(link, link.downBitsPerSecond));
    this.#upLoss = new PacketLoss(random, link.loss);
    this.#downLoss = new PacketLoss(random, link.loss);
  }

  get stats(): LinkStats {
    return { up: this.#up.stats, down: this.#down.stats };
  }

  /** Changes the link under live connections. */
  updateLink(link: Link): void {
    this.#link = link;
    this.#up.update(directionSettings(link, link.upBitsPerSecond));
    this.#down.update(directionSettings(link, link.downBitsPerSecond));
    this.#upLoss = new PacketLoss(this.#random, link.loss);
    this.#downLoss = new PacketLoss(this.#random, link.loss);
  }

  connect(address: SocketAddress): ByteStream {
    return LinkByteStream.connect(this.#inner.connect(address), this.#up, this.#down);
  }

  async listen(address: SocketAddress, onStream: (stream: ByteStream) => void): Promise<Listener> {
    let isOpen = true;
    const hand = (stream: ByteStream): void => {
      if (isOpen) onStream(stream);
      else stream.destroy();
    };
    const listener = await this.#inner.listen(address, (stream) => {
      LinkByteStream.accept(stream, this.#up, this.#down, hand);
    });
    return {
      address: listener.address,
      close: () => {
        isOpen = false;
        return listener.close();
      },
    };
  }

  async openDatagramSocket(address: SocketAddress): Promise<DatagramSocket> {
    const inner = await this.#inner.openDatagramSocket(address);
    const upFate = (): ReturnType<Fate> => this.#fate(this.#upLoss);
    const downFate = (): ReturnType<Fate> => this.#fate(this.#downLoss);
    return new LinkDatagramSocket(inner, this.#up, this.#down, upFate, downFate);
  }

  resolve(hostName: string, signal: AbortSignal): Promise<string[]> {
    return this.#inner.resolve(hostName, signal);
  }

  httpGet(url: string, options: HttpGetOptions): Promise<HttpResponse> {
    return this.#inner.httpGet(url, {
      ...options,
      connect: options.connect ?? ((address) => this.connect(address)),
    });
  }

  #fate(loss: PacketLoss): ReturnType<Fate> {
    if (loss.next()) return 0;
    return happens(this.#random, this.#link.duplicatePercent) ? 2 : 1;
  }
}

function directionSettings(link: Link, bitsPerSecond: number | undefined): DirectionSettings {
  const { delayMs, jitterMs, distribution } = link;
  return { bitsPerSecond, delayMs, jitterMs, distribution };
}
