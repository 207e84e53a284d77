import { MetainfoError } from "./error.js";

const MAX_NAME_BYTES = 255;
const MAX_PATH_BYTES = 4096;
const SEPARATOR_OR_CONTROL = /[/\\\p{Cc}]/u;

/**
 * Refuses a name that could lead out of its directory, mean another file than it says, or be refused by
 * common file systems: empty, `.`, `..`, with a slash, backslash or control character, or over 255 bytes.
 * Nothing is ever renamed silently.
 * @throws MetainfoError with code `UNSAFE_PATH`
 */
export function checkFileName(name: string): void {
  if (name === "" || name === "." || name === "..") throw unsafe(name, "is not a file name");
  if (SEPARATOR_OR_CONTROL.test(name)) throw unsafe(name, "has a separator or a control character");
  if (Buffer.byteLength(name) > MAX_NAME_BYTES) throw unsafe(name, `has more than ${MAX_NAME_BYTES} bytes`);
}

/** The files of one torrent, each path of safe names and each at a place of its own. */
export class PathTree {
  readonly #root: Directory = new Map();

  /**
   * Adds a file.
   * @throws MetainfoError with code `UNSAFE_PATH`, or `DUPLICATE_PATH` when the path is taken,
   *   leads through a file, or is a directory
   */
  addFile(path: readonly string[]): void {
    checkFilePath(path);
    let directory = this.#root;
    for (const name of path.slice(0, -1)) {
      let next = directory.get(name);
      if (next === undefined) {
        next = new Map();
        directory.set(name, next);
      }
      if (next === "file") throw duplicate(path);
      directory = next;
    }
    const name = path.at(-1) ?? "";
    if (directory.has(name)) throw duplicate(path);
    directory.set(name, "file");
  }
}

/**
 * Refuses a path that is empty, has an unsafe name, or is longer than 4096 bytes.
 * @throws MetainfoError with code `UNSAFE_PATH`
 */
export function checkFilePath(path: readonly string[]): void {
  if (path.length === 0) throw new MetainfoError("UNSAFE_PATH", "a file has an empty path");
  let sizeBytes = 0;
  for (const name of path) {
    checkFileName(name);
    sizeBytes += Buffer.byteLength(name) + 1;
  }
  if (sizeBytes > MAX_PATH_BYTES) {
    throw new MetainfoError("UNSAFE_PATH", `a path has more than ${MAX_PATH_BYTES} bytes`);
  }
}

type Directory = Map<string, Directory | "file">;

function unsafe(name: string, reason: string): MetainfoError {
  return new MetainfoError("UNSAFE_PATH", `${JSON.stringify(name.slice(0, MAX_NAME_BYTES))} ${reason}`);
}

function duplicate(path: readonly string[]): MetainfoError {
  return new MetainfoError("DUPLICATE_PATH", `${JSON.stringify(path.join("/"))} is in the torrent twice`);
}
