import { type Logger as PinoLogger, pino } from "pino";
import { formatLine } from "./log-line.js";

export type Logger = PinoLogger;

/** From nothing to everything. */
export const logLevels = ["silent", "error", "warn", "info", "debug", "trace"] as const;
type LogLevel = (typeof logLevels)[number];

/** For people, and for programs. */
export const logFormats = ["lines", "json"] as const;
type LogFormat = (typeof logFormats)[number];

export interface LoggerOptions {
  /** The program, for example `swarmlab-peer`. */
  readonly name: string;
  readonly level: LogLevel;
  /** By default `lines` on a terminal and `json` elsewhere. */
  readonly format?: LogFormat;
  /** Takes each finished line; by default standard error, so that standard output is free for results. */
  readonly write?: (line: string) => void;
}

/** A logger that writes one line for each message: JSON, or `12:00:01 info  message key=value`. */
export function createLogger(options: LoggerOptions): Logger {
  const format = options.format ?? (process.stderr.isTTY ? "lines" : "json");
  const write = options.write ?? ((line: string) => void process.stderr.write(line));
  return pino(
    { name: options.name, level: options.level, base: { name: options.name } },
    { write: (json: string) => write(format === "json" ? json : formatLine(json)) },
  );
}
