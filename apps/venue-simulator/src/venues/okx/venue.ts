import type { EngineEvent } from '../../engine/model.ts';
import type {
  RequestClass,
  RequestKind,
  SimAccount,
  SocketHandler,
  Venue,
  VenueAnswer,
  VenueContext,
  VenueRequest,
  VenueSocket,
} from '../protocol.ts';
import { authenticate, headerOf } from './auth.ts';
import type { Fields } from './fields.ts';
import { peek, queryOf } from './fields.ts';
import { OkxLimits } from './limits.ts';
import { book, historyTrades, instruments, ticker, tickers, trades } from './public-data.ts';
import { Queries } from './queries.ts';
import { accountConfig } from './account-config.ts';
import { OkxRefusal, REFUSALS, success } from './refusal.ts';
import { Streams } from './streams.ts';
import { Trading } from './trading.ts';

const REST_HOST = 'www.okx.com';
const API = '/api/v5/';

interface Endpoint {
  readonly kind: RequestKind;
  /** Requests in two seconds, of an account or (public) of the address. */
  readonly limit: number;
  /** True: counted for each market. */
  readonly byMarket: boolean;
  readonly signed: ((request: VenueRequest, account: SimAccount) => VenueAnswer) | null;
  readonly open: ((fields: Fields) => readonly object[]) | null;
}

const NO_ENDPOINT: VenueAnswer = {
  status: 404,
  body: JSON.stringify({ code: '404', data: {}, detailMsg: '', error_code: '404', error_message: '', msg: '' }),
};

/** OKX spot: REST v5 on www.okx.com, WebSocket v5 on ws.okx.com. */
export class OkxVenue implements Venue {
  readonly refusals = REFUSALS;
  readonly #context: VenueContext;
  readonly #limits: OkxLimits;
  readonly #trading: Trading;
  readonly #queries: Queries;
  readonly #streams: Streams;
  readonly #endpoints: ReadonlyMap<string, Endpoint>;

  constructor(context: VenueContext) {
    this.#context = context;
    this.#limits = new OkxLimits(() => context.limits());
    this.#trading = new Trading(context);
    this.#queries = new Queries(context);
    this.#streams = new Streams(context, () => this.#trading.amendRequestId);
    this.#endpoints = new Map([...this.#tradingEndpoints(), ...this.#readingEndpoints(), ...this.#publicEndpoints()]);
  }

  classify(request: VenueRequest): RequestClass {
    const endpoint = this.#endpointOf(request);
    const fields =
      request.method === 'GET' ? queryOf(request.query) : (peek(request.body)[0] ?? new Map<string, string>());
    const isPrivate = endpoint !== null && endpoint.signed !== null;
    const { engine } = this.#context;
    const orderId = fields.get('ordId') ?? fields.get('algoId') ?? null;
    const named = orderId === null ? undefined : engine.order(orderId);
    const instId = fields.get('instId');
    return {
      kind: endpoint?.kind ?? 'other',
      isPrivate,
      account: isPrivate ? headerOf(request, 'ok-access-key') : null,
      symbol: instId === undefined ? (named?.symbol ?? null) : (engine.marketByNativeId(instId)?.symbol ?? null),
      clientId: fields.get('algoClOrdId') ?? fields.get('clOrdId') ?? named?.clientId ?? null,
      orderId,
    };
  }

  handle(request: VenueRequest): VenueAnswer {
    const endpoint = this.#endpointOf(request);
    if (endpoint === null) return NO_ENDPOINT;
    try {
      return this.#run(endpoint, request);
    } catch (cause) {
      if (cause instanceof OkxRefusal) return cause.answer();
      throw cause;
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
    this.#trading.tick(now);
    this.#streams.flush();
    this.#streams.tick(now);
  }

  reset(): void {
    this.#limits.reset();
    this.#trading.reset();
  }

  #endpointOf(request: VenueRequest): Endpoint | null {
    if (!request.path.startsWith(API)) return null;
    return this.#endpoints.get(`${request.method} ${request.path.slice(API.length)}`) ?? null;
  }

  #run(endpoint: Endpoint, request: VenueRequest): VenueAnswer {
    const now = this.#context.now();
    const path = request.path.slice(API.length);
    if (endpoint.signed === null) {
      this.#limits.request(`public ${path}`, endpoint.limit, 1, now);
      return success(endpoint.open?.(queryOf(request.query)) ?? []);
    }
    const account = authenticate(this.#context.accounts, request, now);
    this.#count(endpoint, request, path, account.apiKey, now);
    return endpoint.signed(request, account);
  }

  /** Batches count by orders. New and changed orders also count for the account as a whole. */
  #count(endpoint: Endpoint, request: VenueRequest, path: string, apiKey: string, now: number): void {
    const entries = request.method === 'POST' ? peek(request.body) : [queryOf(request.query)];
    const market = endpoint.byMarket ? (entries[0]?.get('instId') ?? '') : '';
    const used = Math.max(1, entries.length);
    this.#limits.request(`${apiKey} ${path} ${market}`, endpoint.limit, used, now);
    const isOrder = path === 'trade/order' || path === 'trade/batch-orders' || path === 'trade/amend-order';
    if (isOrder && request.method === 'POST') this.#limits.orders(apiKey, used, now);
  }

  #tradingEndpoints(): [string, Endpoint][] {
    const trading = this.#trading;
    const on = (
      kind: RequestKind,
      limit: number,
      signed: NonNullable<Endpoint['signed']>,
      byMarket = true,
    ): Endpoint => ({ kind, limit, byMarket, signed, open: null });
    return [
      ['POST trade/order', on('submit', 60, (request, account) => trading.place(request, account))],
      ['POST trade/batch-orders', on('submit', 300, (request, account) => trading.place(request, account))],
      ['POST trade/order-algo', on('submit', 20, (request, account) => trading.placeAlgo(request, account))],
      ['POST trade/cancel-order', on('cancel', 60, (request, account) => trading.cancel(request, account))],
      ['POST trade/cancel-batch-orders', on('cancel', 300, (request, account) => trading.cancel(request, account))],
      ['POST trade/cancel-algos', on('cancel', 20, (request, account) => trading.cancelAlgos(request, account), false)],
      ['POST trade/amend-order', on('amend', 60, (request, account) => trading.amend(request, account))],
      [
        'POST trade/cancel-all-after',
        on('cancel', 2, (request, account) => trading.cancelAllAfter(request, account), false),
      ],
    ];
  }

  #readingEndpoints(): [string, Endpoint][] {
    const queries = this.#queries;
    const on = (
      kind: RequestKind,
      limit: number,
      read: (fields: Fields, account: SimAccount) => readonly object[],
      byMarket = false,
    ): Endpoint => ({
      kind,
      limit,
      byMarket,
      signed: (request, account) => success(read(queryOf(request.query), account)),
      open: null,
    });
    return [
      ['GET trade/order', on('query', 60, (fields, account) => queries.order(fields, account), true)],
      ['GET trade/order-algo', on('query', 20, (fields, account) => queries.algo(fields, account))],
      ['GET trade/orders-pending', on('list', 60, (fields, account) => queries.pending(fields, account))],
      ['GET trade/orders-algo-pending', on('list', 20, (fields, account) => queries.algosPending(fields, account))],
      ['GET trade/orders-history', on('list', 40, (fields, account) => queries.history(fields, account, false))],
      ['GET trade/orders-history-archive', on('list', 20, (fields, account) => queries.history(fields, account, true))],
      ['GET trade/orders-algo-history', on('list', 20, (fields, account) => queries.algosHistory(fields, account))],
      ['GET trade/fills', on('list', 60, (fields, account) => queries.fills(fields, account, false))],
      ['GET trade/fills-history', on('list', 10, (fields, account) => queries.fills(fields, account, true))],
      ['GET account/balance', on('list', 10, (fields, account) => queries.balance(fields, account))],
      ['GET account/config', on('other', 5, (_fields, account) => [accountConfig(account)])],
      ['GET account/trade-fee', on('other', 5, (fields) => queries.tradeFee(fields))],
      // Which chains there are is of no matter here; the markets come from the instruments.
      ['GET asset/currencies', on('other', 6, () => [])],
    ];
  }

  #publicEndpoints(): [string, Endpoint][] {
    const context = this.#context;
    const on = (limit: number, open: NonNullable<Endpoint['open']>): Endpoint => ({
      kind: 'other',
      limit,
      byMarket: false,
      signed: null,
      open,
    });
    return [
      ['GET public/time', on(10, () => [{ ts: String(context.now()) }])],
      ['GET public/instruments', on(20, (fields) => instruments(context, fields))],
      ['GET market/ticker', on(20, (fields) => ticker(context, fields))],
      ['GET market/tickers', on(20, (fields) => tickers(context, fields))],
      ['GET market/trades', on(100, (fields) => trades(context, fields))],
      ['GET market/history-trades', on(20, (fields) => historyTrades(context, fields))],
      ['GET market/books', on(40, (fields) => book(context, fields))],
      ['GET system/status', on(1, () => [])],
    ];
  }
}
