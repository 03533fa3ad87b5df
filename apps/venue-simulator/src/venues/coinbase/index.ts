import { fixed } from '../../engine/fixed.ts';
import type { EngineEvent } from '../../engine/model.ts';
import type {
  RequestClass,
  RequestKind,
  SocketHandler,
  Venue,
  VenueAnswer,
  VenueContext,
  VenueDefinition,
  VenueRequest,
  VenueSocket,
} from '../protocol.ts';
import { keyPermissions, listAccounts, olderAccounts, portfolios, transactionSummary } from './accounts.ts';
import { Authenticator, bearerOf, subjectOf } from './auth.ts';
import { getOrder, listFills, listOrders } from './history.ts';
import { orderIdOf, tradeIdOf } from './ids.ts';
import { CoinbaseLimits } from './limits.ts';
import { MAKER_FEE, PRODUCTS, productById, TAKER_FEE } from './markets.ts';
import { brokerageData, olderData } from './public.ts';
import { CoinbaseRefusal, notFound, REFUSALS } from './refusal.ts';
import { Streams } from './stream.ts';
import { Trading } from './trading.ts';

const REST_HOST = 'api.coinbase.com';
const BROKERAGE = '/api/v3/brokerage';
const OLDER = '/v2';
const ORDER = '/orders/historical/';

const KINDS: Readonly<Record<string, RequestKind>> = {
  'POST /orders': 'submit',
  'POST /orders/batch_cancel': 'cancel',
  'POST /orders/edit': 'amend',
  'GET /orders/historical/batch': 'list',
  'GET /orders/historical/fills': 'list',
  'GET /accounts': 'list',
};

/** What a body says of an order, unjudged. */
function bodyOf(request: VenueRequest): Readonly<Record<string, unknown>> {
  if (request.method !== 'POST') return {};
  try {
    const parsed: unknown = JSON.parse(request.body);
    return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

const text = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null);

/** Coinbase Advanced Trade: REST under /api/v3/brokerage, the older API under /v2, one WebSocket. */
class Coinbase implements Venue {
  readonly refusals = REFUSALS;
  readonly #context: VenueContext;
  readonly #auth: Authenticator;
  readonly #limits: CoinbaseLimits;
  readonly #trading: Trading;
  readonly #streams: Streams;

  constructor(context: VenueContext) {
    this.#context = context;
    this.#auth = new Authenticator(context.accounts);
    this.#limits = new CoinbaseLimits(() => context.limits());
    this.#trading = new Trading(context.engine);
    this.#streams = new Streams(context, this.#auth, this.#limits);
  }

  classify(request: VenueRequest): RequestClass {
    const path = request.path.startsWith(BROKERAGE) ? request.path.slice(BROKERAGE.length) : request.path;
    const route = `${request.method} ${path}`;
    const isQuery = request.method === 'GET' && path.startsWith(ORDER) && KINDS[route] === undefined;
    const body = bodyOf(request);
    const query = new URLSearchParams(request.query);
    const ids = Array.isArray(body['order_ids']) ? (body['order_ids'] as readonly unknown[]) : [];
    const orderId = isQuery ? path.slice(ORDER.length) : (text(body['order_id']) ?? text(ids[0]));
    const named = orderId === null ? undefined : this.#context.engine.order(orderId);
    const productId = text(body['product_id']) ?? query.get('product_id') ?? query.get('product_ids');
    return {
      kind: isQuery ? 'query' : (KINDS[route] ?? 'other'),
      isPrivate: bearerOf(request) !== null,
      account: subjectOf(request),
      symbol: productById(productId ?? '')?.engine.symbol ?? named?.symbol ?? null,
      clientId: text(body['client_order_id']) ?? named?.clientId ?? null,
      orderId,
    };
  }

  handle(request: VenueRequest, _classified: RequestClass): VenueAnswer {
    try {
      return this.#answer(request) ?? notFound('Not found');
    } catch (error) {
      if (error instanceof CoinbaseRefusal) return error.answer;
      throw error;
    } finally {
      this.#streams.flush();
    }
  }

  connect(socket: VenueSocket): SocketHandler | null {
    return socket.host === REST_HOST ? null : this.#streams.connect(socket);
  }

  onEvent(event: EngineEvent): void {
    this.#streams.onEvent(event);
  }

  tick(now: number): void {
    this.#streams.flush();
    this.#streams.tick(now);
  }

  reset(): void {
    this.#limits.reset();
  }

  /** Null: no such page. Public pages need no key. */
  #answer(request: VenueRequest): VenueAnswer | null {
    const now = this.#context.now();
    this.#limits.request(subjectOf(request) ?? 'public', now);
    const { engine } = this.#context;
    const query = new URLSearchParams(request.query);
    const isOlder = request.path.startsWith(`${OLDER}/`);
    if (!isOlder && !request.path.startsWith(`${BROKERAGE}/`)) return null;
    const path = request.path.slice(isOlder ? OLDER.length : BROKERAGE.length);
    if (request.method === 'GET') {
      const data = isOlder ? olderData(path, engine, now) : brokerageData(path, query, engine, now);
      if (data !== null) return data;
    }
    const key = this.#auth.check(request, now);
    if (isOlder) return path === '/accounts' ? olderAccounts(key.apiKey, engine) : null;
    const route = `${request.method} ${path}`;
    if (route === 'GET /key_permissions') return keyPermissions(key);
    return this.#private(route, request, query, key.apiKey, now);
  }

  #private(
    route: string,
    request: VenueRequest,
    query: URLSearchParams,
    account: string,
    now: number,
  ): VenueAnswer | null {
    switch (route) {
      case 'POST /orders':
        return this.#trading.create(request.body, account, now);
      case 'POST /orders/edit':
        return this.#trading.edit(request.body, account, now);
      case 'POST /orders/batch_cancel':
        return this.#trading.cancel(request.body, account, now);
      case 'GET /orders/historical/batch':
        return listOrders(query, account, this.#context);
      case 'GET /orders/historical/fills':
        return listFills(query, account, this.#context);
      case 'GET /accounts':
        return listAccounts(query, account, this.#context.engine);
      case 'GET /transaction_summary':
        return transactionSummary();
      case 'GET /portfolios':
        return portfolios(account);
      default: {
        const prefix = `GET ${ORDER}`;
        return route.startsWith(prefix) ? getOrder(route.slice(prefix.length), account, this.#context) : null;
      }
    }
  }
}

export const coinbase: VenueDefinition = {
  exchange: 'coinbase',
  hosts: [REST_HOST, 'advanced-trade-ws.coinbase.com'],
  engine: {
    exchange: 'coinbase',
    markets: PRODUCTS.map((product) => product.engine),
    makerFee: fixed(MAKER_FEE),
    takerFee: fixed(TAKER_FEE),
    feeIn: 'quote',
    feePlaces: 16,
    orderId: orderIdOf,
    tradeId: tradeIdOf,
  },
  create: (context) => new Coinbase(context),
};
