/** An IP literal (IPv6 without brackets) and a port. */
export interface SocketAddress {
  readonly host: string;
  readonly port: number;
}

/** What a user of a {@link ByteStream} hears of it. */
export interface ByteStreamHandler {
  /** An outgoing stream is connected. Never called for an accepted stream. */
  onConnect?(): void;
  /** Bytes have arrived. `chunk` is only valid during the call: its memory is used again. */
  onData(chunk: Uint8Array): void;
  /** `bufferedBytes` has come down to zero after it had been above zero. */
  onDrain?(): void;
  /** The stream is closed, for whatever reason; the last event, and it comes exactly once. */
  onClose(error?: Error): void;
}

/** A connection that carries bytes in order (TCP, or a simulation of it). */
export interface ByteStream {
  readonly remote: SocketAddress;
  readonly local: SocketAddress | undefined;
  /** Bytes given to `write` that the network has not taken yet. */
  readonly bufferedBytes: number;
  /** Names the handler of all later events. Call once, in the same turn in which the stream was obtained. */
  attach(handler: ByteStreamHandler): void;
  /**
   * Sends the buffers in order, as one write where the system can.
   * They belong to the stream until `onSent` is called, once, when they were handed to the system or dropped.
   */
  write(buffers: readonly Uint8Array[], onSent?: () => void): void;
  /** Stops `onData` until `resume`; the sender is held back by the network's own flow control. */
  pause(): void;
  resume(): void;
  /** Sends what is buffered, then closes. */
  end(): void;
  /** Closes at once and drops what is buffered. `onClose` follows in a later turn. */
  destroy(error?: Error): void;
}

export interface Listener {
  readonly address: SocketAddress;
  /** Stops accepting; streams that were accepted stay. */
  close(): Promise<void>;
}

export interface DatagramSocket {
  readonly address: SocketAddress;
  /** Called for each datagram; `payload` is the callee's to keep. */
  onMessage: ((payload: Uint8Array, from: SocketAddress) => void) | undefined;
  /** Sends one datagram; like UDP it promises nothing. `to.host` is an IP literal. */
  send(payload: Uint8Array, to: SocketAddress): void;
  close(): Promise<void>;
}

export interface HttpGetOptions {
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
  /** A longer body is an error. */
  readonly maxBodyBytes: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Redirects that are followed at the most (0 refuses any). Default 3. */
  readonly maxRedirects?: number;
  /** Opens the connections in place of the network's own `connect`: how a link emulator gets hold of them. */
  readonly connect?: (address: SocketAddress) => ByteStream;
}

export interface HttpResponse {
  readonly status: number;
  readonly body: Uint8Array;
}

/** All of the network that the engine uses. A link emulator is a Network around a Network. */
export interface Network {
  /** Starts to connect; `onConnect` or `onClose` of the attached handler tells how it went. */
  connect(address: SocketAddress): ByteStream;
  /** Listens on `address` (port 0 picks one). Rejects with the system's error, for example EADDRINUSE. */
  listen(address: SocketAddress, onStream: (stream: ByteStream) => void): Promise<Listener>;
  openDatagramSocket(address: SocketAddress): Promise<DatagramSocket>;
  /** All addresses of a host name, IPv4 and IPv6; an IP literal gives itself. */
  resolve(hostName: string, signal: AbortSignal): Promise<string[]>;
  /** One HTTP GET. Rejects on a network error, a body over the limit, and a time-out; any status resolves. */
  httpGet(url: string, options: HttpGetOptions): Promise<HttpResponse>;
}
