export type BencodeErrorCode =
  /** The input ends inside a value. */
  | "UNEXPECTED_END"
  /** A byte that cannot stand where it stands. */
  | "UNEXPECTED_BYTE"
  /** An integer that is empty, has a leading zero, is minus zero, or has more than 20 digits. */
  | "BAD_INTEGER"
  /** A string length with a leading zero. */
  | "BAD_LENGTH"
  | "STRING_TOO_LONG"
  | "TOO_DEEP"
  | "TOO_MANY_TOKENS"
  | "UNSORTED_KEYS"
  | "DUPLICATE_KEY"
  | "TRAILING_BYTES"
  /** A field that has to be there is not. */
  | "MISSING_FIELD"
  /** A field has another type than it must have, for example an integer where bytes are expected. */
  | "WRONG_TYPE"
  | "OUT_OF_RANGE"
  | "NOT_UTF8"
  /** A value that bencode cannot express, for example a fraction. */
  | "NOT_ENCODABLE";

/** Why bytes are not the bencode that was expected, or why a value cannot become bencode. */
export class BencodeError extends Error {
  override readonly name = "BencodeError";

  constructor(
    readonly code: BencodeErrorCode,
    message: string,
    /** Where in the input, in bytes from its start; undefined when the error is about a decoded field or about encoding. */
    readonly offset?: number,
  ) {
    super(offset === undefined ? message : `${message} (at byte ${offset})`);
  }
}
