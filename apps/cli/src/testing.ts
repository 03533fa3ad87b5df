import { createServer } from 'node:http';
import type { IncomingMessage, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Connection } from './connection.ts';
import type { OrderView } from './order-view.ts';

/** For tests: an order as the gateway gives it. */
export const anOrder = (change: Partial<OrderView> = {}): OrderView => ({
  id: 'o1',
  exchange: 'kraken',
  exchangeOrderId: 'OAAA',
  clientOrderId: 'c1',
  symbol: 'BTC-USD',
  side: 'BUY',
  type: 'LIMIT',
  timeInForce: 'GTC',
  status: 'OPEN',
  state: 'ACKNOWLEDGED',
  size: '0.25',
  filledSize: '0',
  remainingSize: '0.25',
  price: '40000.5',
  stopPrice: null,
  quoteSize: null,
  averageFilledPrice: null,
  reason: null,
  mode: 'LIVE',
  trigger: null,
  reconciliation: { status: 'IN_SYNC', unknownSince: null, tried: [], attention: null },
  createdAt: '2026-02-13T16:26:40.000Z',
  updatedAt: '2026-02-13T16:26:41.000Z',
  ...change,
});

export interface Request {
  readonly query: string;
  readonly variables: Record<string, unknown>;
  readonly authorization: string | undefined;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

/** For tests: a loopback server that answers each GraphQL request with what `answer` says. */
export async function serveGraphql(
  answer: (request: Request) => { readonly status?: number; readonly body: unknown },
): Promise<{ readonly connection: Connection; readonly server: Server; readonly close: () => Promise<void> }> {
  const server = createServer((request, response) => {
    void bodyOf(request).then((text) => {
      const { query, variables } = JSON.parse(text) as Pick<Request, 'query' | 'variables'>;
      const { status = 200, body } = answer({ query, variables, authorization: request.headers.authorization });
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(typeof body === 'string' ? body : JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const connection: Connection = {
    http: `http://127.0.0.1:${port}/graphql`,
    ws: `ws://127.0.0.1:${port}/graphql`,
    token: 'op_test',
    run: null,
  };
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { connection, server, close };
}
