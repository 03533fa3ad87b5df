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
});
const LedgerSchema = z.object({ orders: z.array(LedgerOrderSchema), executions: z.array(ExecutionSchema) });
export type Ledger = z.infer<typeof LedgerSchema>;

const PricesSchema = z.record(z.string(), z.object({ last: z.string(), bid: z.string(), ask: z.string() }));
export type Prices = z.infer<typeof PricesSchema>;

/** One trading request (submit, cancel, amend, query) as the exchange received it. */
const ReceivedRequestSchema = z.object({
  number: z.number(),
  at: z.string(),
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
  ledger(exchange: string): Promise<Ledger>;
  price(exchange: string, symbol: string, price: string): Promise<void>;
  /** Up to `size` in total trades at `price`; the book stays centred on it. */
  partialPrice(exchange: string, symbol: string, price: string, size: string): Promise<void>;
  outsideOrder(order: Record<string, unknown>): Promise<LedgerOrder>;
  /** The exchange itself cancels. */
  outsideCancel(exchange: string, exchangeOrderId: string): Promise<void>;
  prices(exchange: string): Promise<Prices>;
  walk(exchange: string, running: boolean): Promise<void>;
  requests(exchange: string): Promise<readonly ReceivedRequest[]>;
  /** Requests of each kind so far: submit, cancel, amend, query, list, other, total. */
  counters(exchange: string): Promise<Readonly<Record<string, number>>>;
  fault(fault: Record<string, unknown>): Promise<void>;
  /** Ends all faults, or those of one exchange. */
  heal(exchange?: string): Promise<void>;
  limits(exchange: string, limits: Record<string, unknown>): Promise<void>;
}

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
  const received = async (exchange: string): Promise<z.infer<typeof RequestsSchema>> =>
    RequestsSchema.parse(await call('GET', `/requests?exchange=${exchange}&limit=2000`));
  return {
    ledger: async (exchange) => LedgerSchema.parse(await call('GET', `/ledger?exchange=${exchange}`)),
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
    requests: async (exchange) => (await received(exchange)).requests,
    counters: async (exchange) => (await received(exchange)).counters[exchange] ?? {},
    outsideOrder: async (order) => LedgerOrderSchema.parse(await call('POST', '/orders', order)),
    fault: async (fault) => {
      await call('POST', '/faults', fault);
    },
    heal: async (exchange) => {
      await call('DELETE', exchange === undefined ? '/faults' : `/faults?exchange=${exchange}`);
    },
    limits: async (exchange, limits) => {
      await call('POST', '/limits', { exchange, ...limits });
    },
  };
}
