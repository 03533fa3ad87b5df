import { z } from 'zod';

/** The simulator's admin interface, as a test uses it: the exchange's own truth, prices, outside orders and faults. */
const LedgerOrderSchema = z.object({
  exchangeOrderId: z.string(),
  clientId: z.string().nullable(),
  symbol: z.string(),
  side: z.string(),
  type: z.string(),
  price: z.string().nullable(),
  size: z.string().nullable(),
  filledSize: z.string(),
  status: z.string(),
  source: z.enum(['api', 'outside']),
  createdAt: z.string(),
  stopPrice: z.string().nullable(),
  quoteSize: z.string().nullable(),
  timeInForce: z.string(),
  postOnly: z.boolean(),
  endReason: z.string().nullable(),
  endedAt: z.string().nullable(),
});
export type LedgerOrder = z.infer<typeof LedgerOrderSchema>;
const ExecutionSchema = z.object({
  tradeId: z.string(),
  exchangeOrderId: z.string(),
  size: z.string(),
  price: z.string(),
  fee: z.object({ currency: z.string(), cost: z.string() }).nullable(),
  at: z.string(),
  symbol: z.string(),
  side: z.string(),
  maker: z.boolean(),
});
const LedgerSchema = z.object({ orders: z.array(LedgerOrderSchema), executions: z.array(ExecutionSchema) });
export type Ledger = z.infer<typeof LedgerSchema>;

const PricesSchema = z.record(z.string(), z.object({ last: z.string(), bid: z.string(), ask: z.string() }));
export type Prices = z.infer<typeof PricesSchema>;

/** One trading request (submit, cancel, amend, query) as the exchange received it. */
const ReceivedRequestSchema = z.object({
  number: z.number(),
  at: z.string(),
  account: z.string().nullable(),
  kind: z.string(),
  symbol: z.string().nullable(),
  clientId: z.string().nullable(),
  orderId: z.string().nullable(),
  fault: z.string().nullable(),
  status: z.number().nullable(),
});
const RequestsSchema = z.object({
  counters: z.record(z.string(), z.record(z.string(), z.number())),
  requests: z.array(ReceivedRequestSchema),
});
export type ReceivedRequest = z.infer<typeof ReceivedRequestSchema>;

export interface Venue {
  /** Of the whole exchange, or of one account (its API key). */
  ledger(exchange: string, account?: string): Promise<Ledger>;
  price(exchange: string, symbol: string, price: string): Promise<void>;
  /** Up to `size` in total trades at `price`; the book stays centred on it. */
  partialPrice(exchange: string, symbol: string, price: string, size: string): Promise<void>;
  outsideOrder(order: Record<string, unknown>): Promise<LedgerOrder>;
  /** The exchange itself cancels. */
  outsideCancel(exchange: string, exchangeOrderId: string): Promise<void>;
  prices(exchange: string): Promise<Prices>;
  walk(exchange: string, running: boolean): Promise<void>;
  requests(exchange: string, account?: string): Promise<readonly ReceivedRequest[]>;
  /** Requests of each kind so far: submit, cancel, amend, query, list, other, total; and of each list, "GET /path". */
  counters(exchange: string): Promise<Readonly<Record<string, number>>>;
  fault(fault: Record<string, unknown>): Promise<void>;
  /** Ends all faults, those of one exchange, or those meant for one account of it. */
  heal(exchange?: string, account?: string): Promise<void>;
  /** Makes an account known to the exchange; also with another secret than before. */
  register(account: Record<string, unknown>): Promise<void>;
  /** API keys of the accounts whose private stream is up. */
  streams(exchange: string): Promise<readonly string[]>;
  /** What the exchange does by itself: see "The script" in the simulator's README. */
  script(what: string, terms: Record<string, unknown>): Promise<void>;
  limits(exchange: string, limits: Record<string, unknown>): Promise<void>;
}

const StreamsSchema = z.object({ accounts: z.array(z.string()) });
const of = (account: string | undefined): string => (account === undefined ? '' : `&account=${account}`);

export function venueAt(adminUrl: string): Venue {
  const call = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const response = await fetch(`${adminUrl}${path}`, {
      method,
      ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(10_000),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text.slice(0, 300)}`);
    return text === '' ? null : JSON.parse(text);
  };
  const received = async (exchange: string, account?: string): Promise<z.infer<typeof RequestsSchema>> =>
    RequestsSchema.parse(await call('GET', `/requests?exchange=${exchange}&limit=10000${of(account)}`));
  return {
    ledger: async (exchange, account) =>
      LedgerSchema.parse(await call('GET', `/ledger?exchange=${exchange}${of(account)}`)),
    price: async (exchange, symbol, price) => {
      await call('POST', '/price', { exchange, symbol, price });
    },
    partialPrice: async (exchange, symbol, price, size) => {
      await call('POST', '/price', { exchange, symbol, price, size });
    },
    outsideCancel: async (exchange, exchangeOrderId) => {
      await call('POST', '/orders/cancel', { exchange, exchangeOrderId });
    },
    prices: async (exchange) => PricesSchema.parse(await call('GET', `/prices?exchange=${exchange}`)),
    walk: async (exchange, running) => {
      await call('POST', '/walk', { exchange, running });
    },
    requests: async (exchange, account) => (await received(exchange, account)).requests,
    counters: async (exchange) => (await received(exchange)).counters[exchange] ?? {},
    outsideOrder: async (order) => LedgerOrderSchema.parse(await call('POST', '/orders', order)),
    fault: async (fault) => {
      await call('POST', '/faults', fault);
    },
    heal: async (exchange, account) => {
      await call('DELETE', exchange === undefined ? '/faults' : `/faults?exchange=${exchange}${of(account)}`);
    },
    register: async (account) => {
      await call('POST', '/accounts', account);
    },
    streams: async (exchange) => StreamsSchema.parse(await call('GET', `/streams?exchange=${exchange}`)).accounts,
    script: async (what, terms) => {
      await call('POST', `/${what}`, terms);
    },
    limits: async (exchange, limits) => {
      await call('POST', '/limits', { exchange, ...limits });
    },
  };
}
