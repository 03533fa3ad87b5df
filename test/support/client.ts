import { z } from 'zod';

/** What a test client needs to reach a stack: a part of run.json. */
export interface Endpoint {
  readonly http: string;
  readonly token: string;
}

const AnswerSchema = z.object({
  data: z.unknown().optional(),
  errors: z
    .array(z.object({ message: z.string(), extensions: z.record(z.string(), z.unknown()).optional() }))
    .optional(),
});

export class GraphQLRequestError extends Error {
  readonly code: string | null;
  constructor(message: string, code: string | null) {
    super(message);
    this.code = code;
  }
}

/** One request with a deadline. Throws on `errors[]`, with the first one's code. */
export async function request<Data>(
  endpoint: Endpoint,
  query: string,
  variables: Record<string, unknown> = {},
): Promise<Data> {
  const response = await fetch(endpoint.http, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${endpoint.token}` },
    body: JSON.stringify({ query, variables }),
    signal: AbortSignal.timeout(20_000),
  });
  const answer = AnswerSchema.parse(await response.json());
  const first = answer.errors?.[0];
  const code = first?.extensions?.['code'];
  if (first !== undefined) throw new GraphQLRequestError(first.message, typeof code === 'string' ? code : null);
  return answer.data as Data;
}

export interface UserErrorView {
  readonly code: string;
  readonly message: string;
  readonly field: readonly string[] | null;
}

export interface OrderView {
  readonly id: string;
  readonly clientOrderId: string;
  readonly exchange: string;
  readonly exchangeOrderId: string | null;
  readonly symbol: string;
  readonly side: string;
  readonly type: string;
  readonly status: string;
  readonly state: string;
  readonly origin: string;
  readonly size: string | null;
  readonly filledSize: string;
  readonly remainingSize: string | null;
  readonly price: string | null;
  readonly stopPrice: string | null;
  readonly timeInForce: string;
  readonly expiresAt: string | null;
  readonly account: { readonly id: string };
  readonly averageFilledPrice: string | null;
  readonly filledValue: string;
  readonly reason: string | null;
  readonly pendingRequests: readonly { readonly kind: string }[];
  readonly reconciliation: {
    readonly status: string;
    readonly generation: number;
    readonly observedGeneration: number;
    readonly lastError: string | null;
  };
  readonly legs: readonly {
    readonly exchangeOrderId: string | null;
    readonly venueClientId: string;
    readonly state: string;
    readonly size: string | null;
    readonly price: string | null;
    readonly filledSize: string;
  }[];
  readonly fills: {
    readonly nodes: readonly {
      readonly exchangeTradeId: string;
      readonly size: string;
      readonly price: string;
      readonly fee: { readonly currency: string; readonly cost: string } | null;
    }[];
  };
}

const ORDER = `id clientOrderId exchange exchangeOrderId symbol side type status state origin size filledSize remainingSize price stopPrice timeInForce expiresAt account { id }
  averageFilledPrice filledValue reason pendingRequests { kind }
  reconciliation { status generation observedGeneration lastError }
  legs { exchangeOrderId venueClientId state size price filledSize }
  fills(first: 200) { nodes { exchangeTradeId size price fee { currency cost } } }`;

export interface Payload {
  readonly order: OrderView | null;
  readonly userErrors: readonly UserErrorView[];
}

export const placeOrder = async (endpoint: Endpoint, input: Record<string, unknown>): Promise<Payload> =>
  (
    await request<{ placeOrder: Payload }>(
      endpoint,
      `mutation ($input: PlaceOrderInput!) { placeOrder(input: $input) { order { ${ORDER} } userErrors { code message field } } }`,
      { input },
    )
  ).placeOrder;

export const modifyOrder = async (endpoint: Endpoint, input: Record<string, unknown>): Promise<Payload> =>
  (
    await request<{ modifyOrder: Payload }>(
      endpoint,
      `mutation ($input: ModifyOrderInput!) { modifyOrder(input: $input) { order { ${ORDER} } userErrors { code message field } } }`,
      { input },
    )
  ).modifyOrder;

export const cancelOrder = async (endpoint: Endpoint, orderId: string): Promise<Payload> =>
  (
    await request<{ cancelOrder: Payload }>(
      endpoint,
      `mutation ($orderId: ID!) { cancelOrder(orderId: $orderId) { order { ${ORDER} } userErrors { code message field } } }`,
      { orderId },
    )
  ).cancelOrder;

export const readOrder = async (endpoint: Endpoint, id: string): Promise<OrderView | null> =>
  (await request<{ order: OrderView | null }>(endpoint, `query ($id: ID!) { order(id: $id) { ${ORDER} } }`, { id }))
    .order;

export const allOrders = (endpoint: Endpoint): Promise<OrderView[]> => listOrders(endpoint, null);
export const ordersOf = (endpoint: Endpoint, accountId: string): Promise<OrderView[]> =>
  listOrders(endpoint, { accountIds: [accountId] });

async function listOrders(endpoint: Endpoint, filter: { accountIds: string[] } | null): Promise<OrderView[]> {
  const orders: OrderView[] = [];
  let after: string | null = null;
  do {
    const page: { orders: { nodes: OrderView[]; pageInfo: { hasNextPage: boolean; endCursor: string | null } } } =
      await request(
        endpoint,
        `query ($filter: OrderFilter, $after: String) { orders(filter: $filter, first: 50, after: $after) { nodes { ${ORDER} } pageInfo { hasNextPage endCursor } } }`,
        { filter, after },
      );
    orders.push(...page.orders.nodes);
    after = page.orders.pageInfo.hasNextPage ? page.orders.pageInfo.endCursor : null;
  } while (after !== null);
  return orders;
}

/** Looks ever less often the longer it takes, an eighth of the time waited at most: looking is work for a small machine. */
export const pauseAfter = (waitedMs: number): number => Math.min(400, Math.max(25, waitedMs / 8));

/** Polls until `accept` is satisfied with what `read` gives; throws with the last value after `timeoutMs`. */
export async function eventually<Value>(
  read: () => Promise<Value>,
  accept: (value: Value) => boolean,
  what: string,
  timeoutMs = 30_000,
): Promise<Value> {
  const since = Date.now();
  for (;;) {
    let last: unknown;
    try {
      const value = await read();
      if (accept(value)) return value;
      last = value;
    } catch (error) {
      last = error instanceof Error ? error.message : error;
    }
    const waited = Date.now() - since;
    if (waited > timeoutMs)
      throw new Error(`${what}: not within ${timeoutMs} ms; last seen ${JSON.stringify(last)?.slice(0, 1_500)}`);
    await new Promise((resolve) => setTimeout(resolve, pauseAfter(waited)));
  }
}

export const ENDED = new Set(['FILLED', 'CANCELLED', 'REJECTED', 'FAILED', 'EXPIRED']);
/** Nothing is on its way and nothing is in doubt. */
export const isQuiet = (order: OrderView): boolean =>
  order.reconciliation.status === 'IN_SYNC' &&
  order.pendingRequests.length === 0 &&
  (ENDED.has(order.state) || order.status === 'OPEN');
