/** Tells a person how far a run is. */
export interface Progress {
  /** Something that happened, and stays. */
  say(text: string): void;
  /** Where it stands: on a terminal in place of what it showed before, elsewhere a line each time something changed. */
  show(text: string): void;
  /** Leaves the terminal as ordinary text can go on. */
  end(): void;
}

export function openProgress(stream: NodeJS.WriteStream): Progress {
  return stream.isTTY ? new LineProgress(stream) : new PlainProgress(stream);
}

interface Sink {
  write(text: string): unknown;
}

const clearLine = "\r\u001B[K";

class LineProgress implements Progress {
  readonly #stream: NodeJS.WriteStream;
  #isShowing = false;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
  }

  say(text: string): void {
    this.end();
    this.#stream.write(`${text}\n`);
  }

  show(text: string): void {
    this.#stream.write(`${clearLine}${text.slice(0, this.#stream.columns - 1)}`);
    this.#isShowing = true;
  }

  end(): void {
    if (this.#isShowing) this.#stream.write(clearLine);
    this.#isShowing = false;
  }
}

class PlainProgress implements Progress {
  readonly #sink: Sink;

  constructor(sink: Sink) {
    this.#sink = sink;
  }

  say(text: string): void {
    this.#sink.write(`${text}\n`);
  }

  show(text: string): void {
    this.say(text);
  }

  end(): void {}
}
