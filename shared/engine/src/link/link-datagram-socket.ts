import type { DatagramSocket, SocketAddress } from "../ports/network.js";
import type { LinkDirection } from "./link-direction.js";
import { type FlowSettings, LinkFlow } from "./link-flow.js";

/** 14 bytes of Ethernet, 20 of IPv4 and 8 of UDP. */
const DATAGRAM_FLOW: FlowSettings = { isStream: false, wireFactor: 1, wireOverheadBytes: 42 };

/** What happens to a datagram on the way: how many copies of it arrive. */
export type Fate = () => 0 | 1 | 2;

/** A datagram socket of another network behind an emulated link. A queue that is full drops, as the link itself would. */
export class LinkDatagramSocket implements DatagramSocket {
  onMessage: ((payload: Uint8Array, from: SocketAddress) => void) | undefined;
  readonly #inner: DatagramSocket;
  readonly #up: LinkFlow<SocketAddress>;
  readonly #upDirection: LinkDirection;
  readonly #upFate: Fate;
  #isClosed = false;

  constructor(inner: DatagramSocket, up: LinkDirection, down: LinkDirection, upFate: Fate, downFate: Fate) {
    this.#inner = inner;
    this.#upDirection = up;
    this.#upFate = upFate;
    this.#up = new LinkFlow<SocketAddress>(up, DATAGRAM_FLOW, {
      onArrive: (payload, to) => {
        if (to) inner.send(payload, to);
      },
    });
    const downFlow = new LinkFlow<SocketAddress>(down, DATAGRAM_FLOW, {
      onArrive: (payload, from) => {
        if (from && !this.#isClosed) this.onMessage?.(payload, from);
      },
    });
    inner.onMessage = (payload, from) => sendCopies(downFlow, down, downFate(), payload, from);
  }

  get address(): SocketAddress {
    return this.#inner.address;
  }

  send(payload: Uint8Array, to: SocketAddress): void {
    if (this.#isClosed) return;
    sendCopies(this.#up, this.#upDirection, this.#upFate(), new Uint8Array(payload), to);
  }

  close(): Promise<void> {
    this.#isClosed = true;
    return this.#inner.close();
  }
}

function sendCopies(
  flow: LinkFlow<SocketAddress>,
  direction: LinkDirection,
  copies: number,
  payload: Uint8Array,
  address: SocketAddress,
): void {
  for (let copy = 0; copy < copies; copy++) {
    if (flow.queuedBytes + payload.length > direction.queueLimitBytes) return;
    flow.send([payload], address);
  }
}
