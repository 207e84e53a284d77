// One end of a flood, in a process of its own, so that it can be in another network namespace:
//   receive HOST TOKEN WARM_UP_MS WINDOW_MS TIMEOUT_MS        prints {"port"}, and after the window {"datagrams","seconds"}
//   send HOST PORT TOKEN PAYLOAD_BYTES DATAGRAMS_PER_SECOND   prints {"datagrams","seconds"} when its standard input ends
// Either ends with its standard input, so that none is left behind.
import { receiveFlood } from "./flood-receiver.js";
import { sendFlood } from "./flood-sender.js";

const [kind, ...args] = process.argv.slice(2);
const ended = new AbortController();
process.stdin.once("end", () => ended.abort()).resume();
print(kind === "send" ? await send(args) : await receive(args));
process.exit();

function send([host = "", port, token = "", payloadBytes, datagramsPerSecond]: readonly string[]) {
  const options = {
    host,
    port: Number(port),
    token: Buffer.from(token, "hex"),
    payloadBytes: Number(payloadBytes),
    datagramsPerSecond: Number(datagramsPerSecond),
  };
  return sendFlood(options, ended.signal);
}

function receive([host = "", token = "", warmUpMs, windowMs, timeoutMs]: readonly string[]) {
  ended.signal.addEventListener("abort", () => process.exit());
  return receiveFlood({
    host,
    token: Buffer.from(token, "hex"),
    warmUpMs: Number(warmUpMs),
    windowMs: Number(windowMs),
    timeoutMs: Number(timeoutMs),
    onListening: (port) => print({ port }),
  });
}

function print(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
