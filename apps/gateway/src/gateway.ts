import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAuthenticator } from './access/authentication.ts';
import type { Ports, Timeouts } from './ports.ts';
import { buildGatewaySchema } from './schema/build.ts';
import { createApolloServer } from './server/apollo.ts';
import type { Services } from './server/context.ts';
import { createHttpApp, GRAPHQL_PATH } from './server/http.ts';
import { serveWebSocket } from './server/websocket.ts';
import { AlertUpdates } from './subscriptions/alert-updates.ts';
import { OrderUpdates } from './subscriptions/order-updates.ts';
import { TickerHub } from './subscriptions/ticker-hub.ts';

export interface GatewayOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly ports: Ports;
  readonly timeouts: Timeouts;
}

export interface Gateway {
  readonly http: string;
  readonly ws: string;
  /** Ends subscriptions, lets running requests finish, then stops listening. Calling it again changes nothing. */
  close(): Promise<void>;
}

/** HTTP and WebSocket on one port. Rejects when the port is taken. */
export async function startGateway({ host, port, ports, timeouts }: GatewayOptions): Promise<Gateway> {
  const services: Services = {
    ports,
    timeouts,
    orderUpdates: new OrderUpdates(ports),
    alertUpdates: new AlertUpdates(ports),
    tickers: new TickerHub(ports),
  };
  const schema = buildGatewaySchema();
  const httpServer = createServer();
  const authenticator = createAuthenticator(ports);
  const apollo = createApolloServer(schema, httpServer, ports);
  await apollo.start();
  const app = createHttpApp(apollo, services, authenticator);
  // Express answers by itself; nothing waits for what it returns.
  httpServer.on('request', (request, response) => void app(request, response));
  const webSocket = serveWebSocket(schema, httpServer, services, authenticator);
  await listen(httpServer, port, host);
  const address = httpServer.address() as AddressInfo;
  const authority = `${host.includes(':') ? `[${host}]` : host}:${address.port}${GRAPHQL_PATH}`;
  let closed: Promise<void> | null = null;
  const close = async (): Promise<void> => {
    await webSocket.close();
    await apollo.stop();
  };
  return { http: `http://${authority}`, ws: `ws://${authority}`, close: () => (closed ??= close()) };
}

async function listen(server: Server, port: number, host: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
