import { readFile } from "node:fs/promises";
import { type IncomingMessage, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { join } from "node:path";

/** The Kubernetes API does not answer as it should; `GONE`: what was asked for is too old to be told. */
export class KubernetesApiError extends Error {
  override readonly name = "KubernetesApiError";

  constructor(
    readonly code: "NO_SERVICE_ACCOUNT" | "REFUSED" | "BAD_ANSWER" | "GONE",
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

const serviceAccountFolder = "/var/run/secrets/kubernetes.io/serviceaccount";
/** A thousand pods. Reading it takes about 70 MB for a moment, beside the 66 MiB that an agent has in a container of 160. */
const maxListCharacters = 12 * 1024 * 1024;
/** One object; the API server takes none of more than 3 MiB. */
const maxEventCharacters = 4 * 1024 * 1024;
const maxErrorCharacters = 500;
const listTimeoutMs = 30_000;
/** The server is to end a watch; a connection that broke without a word does not outlive that for long. */
const watchSeconds = 300;
const watchTimeoutMs = 330_000;

export interface KubernetesApiOptions {
  /** Where the API server is. */
  readonly server: string;
  /** With the files `token`, `ca.crt` and `namespace`, as a pod has them mounted. */
  readonly folder: string;
}

/** The Kubernetes API as a pod's service account may use it, within the pod's namespace. */
export class KubernetesApi {
  readonly #options: KubernetesApiOptions;

  constructor(options: KubernetesApiOptions) {
    this.#options = options;
  }

  /** For a program in a pod, from what the kubelet sets and mounts. Throws KubernetesApiError. */
  static ofPod(env: Readonly<Record<string, string | undefined>>): KubernetesApi {
    const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port = "443" } = env;
    if (host === undefined) {
      throw new KubernetesApiError(
        "NO_SERVICE_ACCOUNT",
        "KUBERNETES_SERVICE_HOST is not set: this is no pod",
      );
    }
    const name = host.includes(":") ? `[${host}]` : host;
    return new KubernetesApi({ server: `https://${name}:${port}`, folder: serviceAccountFolder });
  }

  /**
   * The objects of a kind (`pods`) that a label selector chooses, as JSON. Of whichever version the API server has at
   * hand: many agents ask at once, and what is newer, a watch tells. Rejects with a KubernetesApiError.
   */
  async list(kind: string, labelSelector: string, signal: AbortSignal): Promise<unknown> {
    const query = { labelSelector, resourceVersion: "0" };
    const response = await this.#get(kind, query, within(signal, listTimeoutMs));
    let text = "";
    for await (const chunk of response.setEncoding("utf8")) {
      text += chunk;
      if (text.length <= maxListCharacters) continue;
      throw new KubernetesApiError(
        "BAD_ANSWER",
        `the list of ${kind} is longer than ${maxListCharacters} bytes`,
      );
    }
    return parsed(text);
  }

  /**
   * What happens to such objects after a version, event by event, until the server ends it; resolves when it has agreed.
   * Among the events are bookmarks, which say which version the server has come to. Both reject with a
   * KubernetesApiError, or with what broke the connection.
   */
  async watch(
    kind: string,
    labelSelector: string,
    resourceVersion: string,
    signal: AbortSignal,
  ): Promise<AsyncIterable<unknown>> {
    const query = { labelSelector, resourceVersion, watch: "true", allowWatchBookmarks: "true" };
    const limits = { timeoutSeconds: String(watchSeconds) };
    return eventsOf(await this.#get(kind, { ...query, ...limits }, within(signal, watchTimeoutMs)));
  }

  async #get(
    kind: string,
    query: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<IncomingMessage> {
    const { server } = this.#options;
    // The kubelet renews the token.
    const [token, ca, namespace] = await Promise.all(
      ["token", "ca.crt", "namespace"].map((n) => this.#file(n)),
    );
    const url = new URL(`/api/v1/namespaces/${namespace}/${kind}`, server);
    url.search = new URLSearchParams(query).toString();
    const options = { headers: { authorization: `Bearer ${token}` }, ca, agent: false, signal } as const;
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const request = url.protocol === "https:" ? requestHttps : requestHttp;
      request(url, options, resolve).once("error", reject).end();
    }).catch((cause: unknown) => {
      signal.throwIfAborted();
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new KubernetesApiError("REFUSED", `the Kubernetes API does not answer: ${reason}`, { cause });
    });
    if (response.statusCode === 200) return response;
    let text = "";
    for await (const chunk of response.setEncoding("utf8")) {
      text = (text + chunk).slice(0, maxErrorCharacters);
    }
    const code = response.statusCode === 410 ? "GONE" : "REFUSED";
    throw new KubernetesApiError(code, `the Kubernetes API answers ${response.statusCode}: ${text}`);
  }

  async #file(name: string): Promise<string> {
    try {
      return (await readFile(join(this.#options.folder, name), "utf8")).trim();
    } catch (cause) {
      const message = `no token of the Kubernetes API: ${cause instanceof Error ? cause.message : String(cause)}`;
      throw new KubernetesApiError("NO_SERVICE_ACCOUNT", message, { cause });
    }
  }
}

async function* eventsOf(response: IncomingMessage): AsyncGenerator<unknown> {
  let rest = "";
  for await (const chunk of response.setEncoding("utf8")) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    if (rest.length > maxEventCharacters) throw new KubernetesApiError("BAD_ANSWER", "an event has no end");
    for (const line of lines) if (line !== "") yield parsed(line);
  }
}

function within(signal: AbortSignal, timeoutMs: number): AbortSignal {
  return AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new KubernetesApiError("BAD_ANSWER", "the Kubernetes API answers with something else than JSON", {
      cause,
    });
  }
}
