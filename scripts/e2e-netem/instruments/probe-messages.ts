/** What a probe is asked: one JSON object a line on its standard input. */
export type ProbeRequest =
  /** Takes datagrams that arrive at a UDP port, from now on. */
  | { readonly do: "receive"; readonly port: number }
  /** Which datagrams have arrived at the port since the last question. */
  | { readonly do: "report"; readonly port: number }
  /** Begins to send numbered datagrams at a steady pace, so many or until it is told to stop. */
  | ({ readonly do: "start"; readonly address: string; readonly port: number } & Flow)
  /** Stops, or waits until all have been sent where their number is given. */
  | { readonly do: "stop" }
  /** Takes TCP connections, and counts what comes. */
  | { readonly do: "sink"; readonly address: string; readonly port: number }
  /** Sends over one TCP connection for so long, as much as it takes. */
  | { readonly do: "stream"; readonly address: string; readonly port: number; readonly forMs: number }
  /** What has come into the sink since the last question. */
  | { readonly do: "reads"; readonly port: number };

/** Datagrams at a steady pace. */
export interface Flow {
  readonly packetsPerSecond: number;
  /** UDP payload; at least 12. */
  readonly bytes: number;
  /** How many; undefined goes on until it is stopped. */
  readonly packets?: number;
}

/** A datagram that has arrived. */
export interface Arrival {
  readonly sequence: number;
  /** From `send` to `receive`, by the one clock of the machine. */
  readonly delayMs: number;
}

/** What a sink has read at once. */
export interface StreamRead {
  readonly atMs: number;
  readonly bytes: number;
}

/** The answer to a request: one JSON object a line. */
export type ProbeAnswer =
  | { readonly answer: "done" }
  | {
      readonly answer: "arrivals";
      readonly sequences: readonly number[];
      readonly delaysMs: readonly number[];
    }
  | { readonly answer: "sent"; readonly packets: number }
  | { readonly answer: "reads"; readonly reads: readonly StreamRead[] }
  | { readonly answer: "failed"; readonly message: string };
