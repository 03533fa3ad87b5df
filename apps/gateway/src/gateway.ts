import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AuditTrail } from './access/audit-trail.ts';
import { createAuthenticator } from './access/authentication.ts';
import { createRevocations } from './access/revocations.ts';
import { SignInWatch } from './access/sign-in-watch.ts';
import { DEFAULT_POLICY, type Policy } from './policy.ts';
import type { Ports, Timeouts } from './ports.ts';
import { buildGatewaySchema } from './schema/build.ts';
import { createApolloServer } from './server/apollo.ts';
import type { Services } from './server/context.ts';
import { createHttpApp, GRAPHQL_PATH, type Entrance } from './server/http.ts';
import { createRemoteReader } from './server/remote.ts';
import { serveWebSocket } from './server/websocket.ts';
import { AlertUpdates } from './subscriptions/alert-updates.ts';
import { OrderUpdates } from './subscriptions/order-updates.ts';
import { TickerHub } from './subscriptions/ticker-hub.ts';

/** Who sends slowly gives its place back: headers within 10 s, the whole request within 30 s. */
const SLOW_CLIENTS = { headersTimeout: 10_000, requestTimeout: 30_000, connectionsCheckingInterval: 5_000 } as const;

export interface GatewayOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly ports: Ports;
  readonly timeouts: Timeouts;
  readonly policy?: Policy;
}

export interface Gateway {
  readonly http: string;
  readonly ws: string;
  /** Ends subscriptions, lets running requests finish, then stops listening. Calling it again changes nothing. */
  close(): Promise<void>;
}

/** HTTP and WebSocket on one port. Rejects when the port is taken. */
export async function startGateway({
  host,
  port,
  ports,
  timeouts,
  policy = DEFAULT_POLICY,
}: GatewayOptions): Promise<Gateway> {
  const audit = new AuditTrail(ports);
  const revocations = createRevocations(ports);
  const services: Services = {
    ports,
    audit,
    revocations,
    timeouts,
    orderUpdates: new OrderUpdates(ports),
    alertUpdates: new AlertUpdates(ports),
    tickers: new TickerHub(ports),
  };
  const schema = buildGatewaySchema();
  const httpServer = createServer(SLOW_CLIENTS);
  const watch = new SignInWatch(ports, audit, policy.limits.signInFailuresPerMinute);
  const authenticator = createAuthenticator({ ports, revocations, watch, jwt: policy.jwt });
  const entrance: Entrance = { authenticator, remoteOf: createRemoteReader(policy.trustedProxies), policy };
  const apollo = createApolloServer(schema, httpServer, ports, policy);
  await apollo.start();
  const app = createHttpApp(apollo, services, entrance);
  // Express answers by itself; nothing waits for what it returns.
  httpServer.on('request', (request, response) => void app(request, response));
  const webSocket = serveWebSocket(schema, httpServer, services, entrance);
  await listen(httpServer, port, host);
  const address = httpServer.address() as AddressInfo;
  const authority = `${host.includes(':') ? `[${host}]` : host}:${address.port}${GRAPHQL_PATH}`;
  let closed: Promise<void> | null = null;
  const close = async (): Promise<void> => {
    await webSocket.close();
    await apollo.stop();
    authenticator.close();
    revocations.close();
    watch.close();
    await audit.close();
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
