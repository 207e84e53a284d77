import { StringDecoder } from "node:string_decoder";
import { z } from "zod";

const maxLineCharacters = 1_000_000;

/** The parts of Docker's event message (Engine API, "Monitor events") that tell whom it is about. */
const eventSchema = z.object({
  Type: z.string(),
  Actor: z.object({ ID: z.string(), Attributes: z.record(z.string(), z.string()).nullish() }),
});

/**
 * The ids of the containers that a stream of Docker's events is about: those with the label, and those that joined or left
 * a network, of which Docker tells no labels. What is no event is passed over; a line without an end breaks the stream off.
 */
export async function* decodeEvents(
  stream: AsyncIterable<string | Uint8Array>,
  label: string,
): AsyncGenerator<string> {
  const decoder = new StringDecoder("utf8");
  let rest = "";
  for await (const chunk of stream) {
    const lines = (rest + (typeof chunk === "string" ? chunk : decoder.write(Buffer.from(chunk)))).split(
      "\n",
    );
    rest = lines.pop() ?? "";
    if (rest.length > maxLineCharacters) throw new RangeError("Docker sent an event without an end");
    for (const line of lines) {
      const id = containerOf(line, label);
      if (id !== undefined) yield id;
    }
  }
}

function containerOf(line: string, label: string): string | undefined {
  let message: unknown;
  try {
    message = JSON.parse(line);
  } catch {
    return undefined;
  }
  const event = eventSchema.safeParse(message);
  if (!event.success) return undefined;
  const { Type, Actor } = event.data;
  const attributes = Actor.Attributes ?? {};
  if (Type === "network") return attributes.container;
  return Type === "container" && Object.hasOwn(attributes, label) ? Actor.ID : undefined;
}
