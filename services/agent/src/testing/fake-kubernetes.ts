import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { createServer, type Server, type ServerResponse } from "node:http";
import { join } from "node:path";
import { KubernetesApi } from "../pod/kubernetes-api.js";

/** A pod as the Kubernetes API describes it, as far as agents look. */
interface FakePod {
  readonly metadata: {
    readonly name: string;
    readonly resourceVersion: string;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly status: { readonly phase: string; readonly podIPs?: readonly { readonly ip: string }[] };
}

/** The part of the Kubernetes API that agents use, on loopback: lists and watches of pods. */
export class FakeKubernetes {
  readonly pods = new Map<string, FakePod>();
  /** The requests so far, as `path?query token`. */
  readonly requests: string[] = [];
  /** Answers with this status instead. */
  status = 200;
  /** Watches from before this version are answered with 410. */
  oldestVersion = 0;
  /** Grows with each change. */
  version = 7;
  readonly #watches = new Set<ServerResponse>();
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => {
      this.requests.push(`${request.url} ${request.headers.authorization}`);
      if (this.status !== 200) {
        response.writeHead(this.status).end("no");
      } else if (request.url?.includes("watch=true")) {
        const from = Number(new URL(request.url, "http://localhost").searchParams.get("resourceVersion"));
        if (from < this.oldestVersion) {
          response.writeHead(410).end("too old resource version");
          return;
        }
        response.writeHead(200).flushHeaders();
        this.#watches.add(response);
        response.once("close", () => this.#watches.delete(response));
      } else {
        const metadata = { resourceVersion: String(this.version) };
        response.end(JSON.stringify({ metadata, items: [...this.pods.values()] }));
      }
    });
  }

  static async listen(): Promise<FakeKubernetes> {
    const fake = new FakeKubernetes();
    fake.#server.listen(0, "127.0.0.1");
    await once(fake.#server, "listening");
    return fake;
  }

  /** The API, with a service account in a folder that this makes. */
  async api(directory: string): Promise<KubernetesApi> {
    const folder = join(directory, "serviceaccount");
    await mkdir(folder);
    for (const [name, text] of Object.entries({ token: "secret\n", "ca.crt": "", namespace: "lab" })) {
      await writeFile(join(folder, name), text);
    }
    const address = this.#server.address();
    const port = typeof address === "object" ? address?.port : undefined;
    return new KubernetesApi({ server: `http://127.0.0.1:${port}`, folder });
  }

  get watches(): number {
    return this.#watches.size;
  }

  /** A pod comes or changes, and those who watch are told. */
  set(name: string, region: string, address?: string): void {
    const resourceVersion = String(++this.version);
    const pod: FakePod = {
      metadata: { name, resourceVersion, annotations: { "swarmlab.io/region": region } },
      status: { phase: "Running", ...(address === undefined ? {} : { podIPs: [{ ip: address }] }) },
    };
    const type = this.pods.has(name) ? "MODIFIED" : "ADDED";
    this.pods.set(name, pod);
    this.send({ type, object: pod });
  }

  delete(name: string): void {
    const pod = this.pods.get(name);
    this.pods.delete(name);
    if (pod === undefined) return;
    const metadata = { ...pod.metadata, resourceVersion: String(++this.version) };
    this.send({ type: "DELETED", object: { ...pod, metadata } });
  }

  /** Tells those who watch which version they have come to. */
  bookmark(): void {
    const resourceVersion = String(++this.version);
    this.send({ type: "BOOKMARK", object: { metadata: { resourceVersion } } });
  }

  send(event: unknown): void {
    for (const watch of this.#watches) watch.write(`${JSON.stringify(event)}\n`);
  }

  /** Ends all watches, as the server does after some minutes. */
  endWatches(): void {
    for (const watch of this.#watches) watch.end();
  }

  /** Breaks the connections of all watches. */
  breakWatches(): void {
    for (const watch of this.#watches) watch.destroy();
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }
}
