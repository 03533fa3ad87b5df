import { randomUUID } from 'node:crypto';
import { CAPABILITIES } from '@orderplane/exchange/capabilities';
import type { ExchangeId, Role } from '@orderplane/domain';
import type {
  AccountCheckJob,
  AccountCheckResult,
  CommandResult,
  OrderCommand,
  StandingPause,
  StreamJob,
  SyncJob,
  SyncOutcome,
  TickerMessage,
} from '@orderplane/queues';
import { createLogger, createMetrics, manualClock } from '@orderplane/service-kit';
import { createApiToken, createMemoryStore, type Account, type Store } from '@orderplane/store';
import { createClient, type Client } from 'graphql-ws';
import WebSocket from 'ws';
import { startGateway, type Gateway } from '../gateway.ts';
import { DEFAULT_POLICY, type Policy } from '../policy.ts';
import type { Ports } from '../ports.ts';
import { OrderBook } from './orders.ts';

export interface Answer {
  readonly status: number;
  readonly data: Record<string, unknown> | null | undefined;
  readonly errors: readonly { readonly message: string; readonly extensions: Record<string, unknown> }[] | undefined;
}

/** A gateway over the in-memory store, with two users; queues and Redis are played by the test. */
export class World implements AsyncDisposable {
  readonly clock = manualClock();
  readonly store: Store;
  readonly listeners = new Map<string, Set<(message: string) => void>>();
  readonly gatewayListeners = new Set<(message: string) => void>();
  readonly orders: OrderBook;
  readonly tokens: Record<string, string> = {};
  readonly streamJobs: StreamJob[] = [];
  readonly commands: OrderCommand[] = [];
  readonly prices = new Map<string, TickerMessage>();
  readonly pauses = new Map<ExchangeId, StandingPause>();
  /** Replace to play a queue that misbehaves. */
  onCommand: (command: OrderCommand) => Promise<CommandResult> = (command) => this.orders.answer(command);
  onSync: (job: SyncJob) => Promise<SyncOutcome> = (job) =>
    Promise.resolve({
      accountId: job.accountId,
      syncedAt: job.requestedAt,
      fresh: true,
      complete: true,
      adopted: 0,
      error: null,
    });
  onAccountCheck: (job: AccountCheckJob) => Promise<AccountCheckResult> = () =>
    Promise.reject(new Error('nobody tries credentials in this test'));
  /** How long a request has to wait, ms. */
  onRequest: (tokenId: string) => Promise<number | null> = () => Promise.resolve(null);
  readonly ports: Ports;
  #gateway: Gateway | null = null;
  readonly #clients: Client[] = [];

  private constructor(store: Store | null) {
    this.store = store ?? createMemoryStore({ nowMs: () => this.clock.now().getTime() });
    const publish = (channel: string, message: string): void => this.publish(channel, message);
    this.orders = new OrderBook({ store: this.store, now: () => this.clock.iso(), publish });
    this.ports = this.#ports();
  }

  /** `store`: an empty one in the place of the one in memory. */
  static async start(policy: Partial<Policy> = {}, store: Store | null = null): Promise<World> {
    const world = new World(store);
    for (const userId of ['ada', 'bob'] as const) {
      await world.store.access.createUser({ id: userId, name: userId, createdAt: world.clock.iso() });
      await world.store.access.createAccount(account(`acc-${userId}`, userId), 'sealed');
    }
    await world.#token('ada', 'trader');
    await world.#token('ada', 'viewer');
    await world.#token('bob', 'trader');
    await world.store.access.createUser({ id: 'root', name: 'root', createdAt: world.clock.iso() });
    await world.#token('root', 'admin');
    world.#gateway = await startGateway({
      host: '127.0.0.1',
      port: 0,
      ports: world.ports,
      timeouts: { commandMs: 50, syncMs: 50, accountMs: 50 },
      policy: { ...DEFAULT_POLICY, ...policy },
    });
    return world;
  }

  get gateway(): Gateway {
    if (this.#gateway === null) throw new Error('not started');
    return this.#gateway;
  }

  publish(channel: string, message: string): void {
    for (const listener of this.listeners.get(channel) ?? []) listener(message);
  }

  async query(query: string, variables: Record<string, unknown> = {}, token = 'ada-trader'): Promise<Answer> {
    const authorization = `Bearer ${this.tokens[token] ?? token}`;
    return this.post(JSON.stringify({ query, variables }), { authorization });
  }

  async post(body: string, headers: Record<string, string>): Promise<Answer> {
    const response = await fetch(this.gateway.http, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body,
    });
    return { status: response.status, ...((await response.json()) as Omit<Answer, 'status'>) };
  }

  client(token = 'ada-trader'): Client {
    const client = createClient({
      url: this.gateway.ws,
      webSocketImpl: WebSocket,
      connectionParams: { authorization: `Bearer ${this.tokens[token] ?? token}` },
      retryAttempts: 0,
      lazy: true,
    });
    this.#clients.push(client);
    return client;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) await client.dispose();
    await this.#gateway?.close();
  }

  async #token(userId: string, role: Role): Promise<void> {
    const { token, tokenHash, prefix } = createApiToken();
    const createdAt = this.clock.iso();
    await this.store.access.createToken({
      id: randomUUID(),
      userId,
      role,
      tokenHash,
      prefix,
      createdAt,
      expiresAt: null,
    });
    this.tokens[`${userId}-${role}`] = token;
  }

  #ports(): Ports {
    return {
      ...this.store,
      groups: this.store.ledger.groups,
      commands: {
        request: (command) => {
          this.commands.push(command);
          return this.onCommand(command);
        },
      },
      accountChecks: { request: (job) => this.onAccountCheck(job) },
      sync: { request: (job) => this.onSync(job) },
      streams: { add: async (job) => void this.streamJobs.push(job) },
      channels: {
        listen: (channel, listener) => {
          const set = this.listeners.get(channel) ?? new Set();
          this.listeners.set(channel, set.add(listener));
          return () => void set.delete(listener);
        },
      },
      gateways: {
        listen: (listener) => {
          this.gatewayListeners.add(listener);
          return () => void this.gatewayListeners.delete(listener);
        },
        tell: async (message) => this.gatewayListeners.forEach((listener) => listener(message)),
      },
      rates: { ask: (who) => this.onRequest(who) },
      prices: { tickers: async (_, symbols) => symbols.map((symbol) => this.prices.get(symbol) ?? null) },
      pauses: { standing: async () => this.pauses },
      reconciler: { workers: async () => 1 },
      capabilities: CAPABILITIES,
      clock: this.clock,
      newId: randomUUID,
      log: createLogger({ service: 'gateway-test', level: 'silent' }),
      metrics: createMetrics('gateway-test', { processMetrics: false }),
    };
  }
}

const account = (id: string, userId: string): Account => ({
  id,
  userId,
  exchange: 'binance',
  label: id,
  mode: 'PAPER',
  halted: false,
  lastSyncedAt: null,
  createdAt: '2026-01-01T00:00:00.000Z',
  unlinkedAt: null,
  privacy: { cacheOpenOrders: true, encryptAtRest: false, historyRetentionDays: null },
  risk: {
    maxOrderNotional: null,
    maxOpenNotional: null,
    maxOpenOrders: null,
    priceCollar: null,
    rejectDuplicates: false,
  },
});
