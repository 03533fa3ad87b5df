import type { EngineEvent } from '../../engine/model.ts';
import type {
  RequestClass,
  RequestKind,
  SimAccount,
  SocketHandler,
  Venue,
  VenueAnswer,
  VenueContext,
  VenueRefusals,
  VenueRequest,
  VenueSocket,
} from '../protocol.ts';
import { apiKeyOf, authenticate } from './auth.ts';
import { invalidKey, maintenance, MexcError, serverError } from './errors.ts';
import { RateLimits, tooManyRequests } from './limits.ts';
import { ListenKeys } from './listen-keys.ts';
import { pairsOf, Params } from './params.ts';
import { aggTrades, bookTicker, depth, exchangeInfo, priceTicker, recentTrades, ticker24h } from './public-data.ts';
import { accountInfo, allOrders, myTrades, openOrders, queryOrder } from './queries.ts';
import { Streams } from './streams.ts';
import { Trading } from './trading.ts';
import { plain } from './views.ts';

interface Endpoint {
  readonly kind: RequestKind;
  readonly weight: number;
  /** Signed endpoints get the account. */
  readonly signed: ((params: Params, account: SimAccount) => object) | null;
  readonly open: ((params: Params) => object) | null;
}

const REST_HOST = 'api.mexc.com';
const STREAM_HOST = 'wbs-api.mexc.com';
export const HOSTS = [REST_HOST, STREAM_HOST];
const NO_ENDPOINT: VenueAnswer = { status: 404, body: JSON.stringify({ code: 404, msg: 'Not Found' }) };

const signed = (kind: RequestKind, weight: number, run: NonNullable<Endpoint['signed']>): Endpoint => ({
  kind,
  weight,
  signed: run,
  open: null,
});
const open = (weight: number, run: NonNullable<Endpoint['open']>): Endpoint => ({
  kind: 'other',
  weight,
  signed: null,
  open: run,
});

/** MEXC spot: REST on api.mexc.com, and one socket for everything on wbs-api.mexc.com. */
export class MexcVenue implements Venue {
  readonly refusals: VenueRefusals = {
    rateLimit: () => tooManyRequests(1_000).answer(),
    authFail: () => invalidKey().answer(),
    maintenance,
    serverError,
  };
  readonly #context: VenueContext;
  readonly #limits: RateLimits;
  readonly #trading: Trading;
  readonly #keys: ListenKeys;
  readonly #streams: Streams;
  readonly #endpoints: ReadonlyMap<string, Endpoint>;

  constructor(context: VenueContext) {
    this.#context = context;
    this.#limits = new RateLimits(() => context.limits());
    this.#trading = new Trading(context, this.#limits);
    this.#keys = new ListenKeys((key) => this.#streams.closeKey(key));
    this.#streams = new Streams(context, this.#keys);
    this.#endpoints = new Map([...this.#tradingEndpoints(), ...this.#accountEndpoints(), ...this.#openEndpoints()]);
  }

  classify(request: VenueRequest): RequestClass {
    const endpoint = this.#endpoints.get(`${request.method} ${request.path}`);
    const params = new Params(pairsOf(request));
    const symbol = params.text('symbol');
    const isSubmit = endpoint?.kind === 'submit';
    return {
      kind: endpoint?.kind ?? 'other',
      isPrivate: endpoint !== undefined && endpoint.signed !== null,
      account: apiKeyOf(request),
      symbol: symbol === null ? null : (this.#context.engine.marketByNativeId(symbol)?.symbol ?? null),
      clientId: params.text(isSubmit ? 'newClientOrderId' : 'origClientOrderId'),
      orderId: params.text('orderId'),
    };
  }

  handle(request: VenueRequest): VenueAnswer {
    const name = `${request.method} ${request.path}`;
    const endpoint = this.#endpoints.get(name);
    if (endpoint === undefined || request.host !== REST_HOST) return NO_ENDPOINT;
    try {
      return { status: 200, body: JSON.stringify(this.#run(name, endpoint, request)) };
    } catch (cause) {
      if (cause instanceof MexcError) return cause.answer();
      throw cause;
    }
  }

  connect(socket: VenueSocket): SocketHandler | null {
    const isStream = socket.host === STREAM_HOST && /^\/ws(\?|$)/.test(socket.path);
    return isStream ? this.#streams.connect(socket) : null;
  }

  onEvent(event: EngineEvent): void {
    this.#streams.onEvent(event);
  }

  tick(now: number): void {
    this.#keys.expire(now);
    this.#streams.tick(now);
  }

  reset(): void {
    this.#limits.reset();
    this.#keys.reset();
    this.#streams.reset();
  }

  #run(name: string, endpoint: Endpoint, request: VenueRequest): object {
    const now = this.#context.now();
    const params = new Params(pairsOf(request));
    this.#limits.request(name, endpoint.signed === null ? null : apiKeyOf(request), endpoint.weight, now);
    if (endpoint.signed === null) return endpoint.open?.(params) ?? {};
    return endpoint.signed(params, authenticate(this.#context.accounts, request, params, now));
  }

  #tradingEndpoints(): [string, Endpoint][] {
    const context = this.#context;
    const trading = this.#trading;
    return [
      ['POST /api/v3/order', signed('submit', 1, (p, a) => trading.place(p, a))],
      ['POST /api/v3/order/test', signed('other', 1, (p, a) => trading.test(p, a))],
      ['POST /api/v3/batchOrders', signed('submit', 1, (p, a) => trading.batch(p, a))],
      ['DELETE /api/v3/order', signed('cancel', 1, (p, a) => trading.cancel(p, a))],
      ['DELETE /api/v3/openOrders', signed('cancel', 1, (p, a) => trading.cancelAll(p, a))],
      ['GET /api/v3/order', signed('query', 2, (p, a) => queryOrder(context, p, a))],
      ['GET /api/v3/openOrders', signed('list', 3, (p, a) => openOrders(context, p, a))],
      ['GET /api/v3/allOrders', signed('list', 10, (p, a) => allOrders(context, p, a))],
      ['GET /api/v3/myTrades', signed('list', 10, (p, a) => myTrades(context, p, a))],
    ];
  }

  #accountEndpoints(): [string, Endpoint][] {
    const { engine, now } = this.#context;
    const keys = this.#keys;
    const { makerFee, takerFee, markets } = engine.settings;
    const enveloped = (data: unknown): object => ({ data, code: 0, msg: 'success', timestamp: now() });
    return [
      ['GET /api/v3/account', signed('list', 10, (_p, a) => accountInfo(this.#context, a))],
      ['GET /api/v3/capital/config/getall', signed('other', 10, () => [])],
      [
        'GET /api/v3/selfSymbols',
        signed('other', 1, () => ({ code: 200, data: markets.map((one) => one.nativeId), msg: null })),
      ],
      [
        'GET /api/v3/tradeFee',
        signed('other', 20, () =>
          enveloped({ makerCommission: Number(plain(makerFee)), takerCommission: Number(plain(takerFee)) }),
        ),
      ],
      ['POST /api/v3/userDataStream', signed('other', 1, (_p, a) => keys.create(a, now()))],
      ['GET /api/v3/userDataStream', signed('other', 1, (_p, a) => keys.list(a, now()))],
      ['PUT /api/v3/userDataStream', signed('other', 1, (p, a) => keys.renew(p, a, now()))],
      ['DELETE /api/v3/userDataStream', signed('other', 1, (p, a) => keys.close(p, a, now()))],
    ];
  }

  #openEndpoints(): [string, Endpoint][] {
    const context = this.#context;
    const { markets } = context.engine.settings;
    return [
      ['GET /api/v3/ping', open(1, () => ({}))],
      ['GET /api/v3/time', open(1, () => ({ serverTime: context.now() }))],
      [
        'GET /api/v3/defaultSymbols',
        open(1, () => ({ code: 200, data: markets.map((one) => one.nativeId), msg: null })),
      ],
      ['GET /api/v3/exchangeInfo', open(10, (p) => exchangeInfo(context, p))],
      ['GET /api/v3/depth', open(1, (p) => depth(context, p))],
      ['GET /api/v3/trades', open(5, (p) => recentTrades(context, p))],
      ['GET /api/v3/aggTrades', open(1, (p) => aggTrades(context, p))],
      ['GET /api/v3/ticker/24hr', open(1, (p) => ticker24h(context, p))],
      ['GET /api/v3/ticker/price', open(1, (p) => priceTicker(context, p))],
      ['GET /api/v3/ticker/bookTicker', open(1, (p) => bookTicker(context, p))],
      // Contracts are not simulated; market lists ask for them all the same.
      ['GET /api/v1/contract/detail', open(1, () => ({ success: true, code: 0, data: [] }))],
    ];
  }
}
