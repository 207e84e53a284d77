import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface StandInSeries {
  readonly metric: Readonly<Record<string, string>>;
  /** The value of every sample, as Prometheus writes it. */
  readonly value: string;
}

export interface StandInOptions {
  /** What a query finds; undefined is refused as bad PromQL. */
  readonly answer: (query: string) => readonly StandInSeries[] | undefined;
  readonly rules?: readonly Readonly<Record<string, unknown>>[];
}

export interface StandInPrometheus extends AsyncDisposable {
  readonly url: string;
}

/** Speaks the part of Prometheus's HTTP API that dashboards need. */
export async function startStandInPrometheus({
  answer,
  rules = [],
}: StandInOptions): Promise<StandInPrometheus> {
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://localhost");
    const reply = (status: number, body: unknown) => {
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    };
    if (pathname === "/api/v1/rules") {
      reply(200, { status: "success", data: { groups: [{ name: "example", rules }] } });
      return;
    }
    const found = answer(searchParams.get("query") ?? "");
    if (found === undefined) {
      reply(400, { status: "error", errorType: "bad_data", error: "parse error" });
      return;
    }
    reply(200, { status: "success", data: pathname.endsWith("_range") ? matrix(found) : vector(found) });

    function matrix(series: readonly StandInSeries[]) {
      const [start, end, step] = ["start", "end", "step"].map((name) => Number(searchParams.get(name)));
      const times: number[] = [];
      for (let at = start ?? 0; at <= (end ?? 0); at += step ?? 1) times.push(at);
      return {
        resultType: "matrix",
        result: series.map(({ metric, value }) => ({ metric, values: times.map((at) => [at, value]) })),
      };
    }

    function vector(series: readonly StandInSeries[]) {
      const at = Number(searchParams.get("time"));
      return {
        resultType: "vector",
        result: series.map(({ metric, value }) => ({ metric, value: [at, value] })),
      };
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
