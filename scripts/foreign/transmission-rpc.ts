import { isRecord, type JsonRecord } from "../process/json-lines.js";

const sessionHeader = "x-transmission-session-id";

/** Transmission's RPC: JSON over HTTP, guarded by a session id that the first answer (409) hands out. */
export class TransmissionRpc {
  readonly #url: string;
  #sessionId = "";

  constructor(address: string, port: number) {
    this.#url = `http://${address}:${port}/transmission/rpc`;
  }

  /** The `arguments` of the answer. Throws when the daemon cannot be reached or says anything but success. */
  async call(method: string, parameters: JsonRecord): Promise<JsonRecord> {
    const body = JSON.stringify({ method, arguments: parameters });
    let response = await this.#post(body);
    if (response.status === 409) {
      this.#sessionId = response.headers.get(sessionHeader) ?? "";
      response = await this.#post(body);
    }
    const answer: unknown = await response.json();
    if (!isRecord(answer) || answer.result !== "success" || !isRecord(answer.arguments)) {
      throw new Error(`Transmission answered ${method} with ${JSON.stringify(answer)}`);
    }
    return answer.arguments;
  }

  #post(body: string): Promise<Response> {
    return fetch(this.#url, { method: "POST", body, headers: { [sessionHeader]: this.#sessionId } });
  }
}
