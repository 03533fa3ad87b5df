import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request as the service got it. */
export interface Received {
  readonly operationName: string;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly authorization: string | undefined;
}

/** `lost`: the connection breaks without an answer, after the request was read. `silent`: nothing ever comes. */
export type Reply =
  | { readonly data?: unknown; readonly errors?: readonly unknown[]; readonly status?: number }
  | { readonly text: string; readonly status: number; readonly headers?: Record<string, string> }
  | 'lost'
  | 'silent';

export interface Service {
  readonly url: string;
  readonly received: readonly Received[];
  close(): Promise<void>;
}

/** For tests: a loopback service that answers the n-th request as it is told. */
export async function serve(reply: (request: Received, count: number) => Reply): Promise<Service> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    void (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const body = JSON.parse(Buffer.concat(chunks).toString()) as Pick<Received, 'operationName' | 'variables'>;
      const got = { ...body, authorization: request.headers.authorization };
      received.push(got);
      const answer = reply(got, received.length);
      if (answer === 'silent') return;
      if (answer === 'lost') return void request.socket.destroy();
      const isText = 'text' in answer;
      const headers = { 'content-type': 'application/json', ...(isText ? answer.headers : {}) };
      response.writeHead(answer.status ?? 200, headers);
      if (isText) return void response.end(answer.text);
      const { status: _status, ...result } = answer;
      response.end(JSON.stringify(result));
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** An address at which nobody listens. */
export async function deadAddress(): Promise<string> {
  const service = await serve(() => 'lost');
  await service.close();
  return service.url;
}
