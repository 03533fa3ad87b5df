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
import { authenticate, invalidKey } from './auth.ts';
import { BinanceError, serverError } from './errors.ts';
import { RateLimits, tooMuchWeight } from './limits.ts';
import { ORDER_PARAMS } from './order-request.ts';
import { pairsOf, Params } from './params.ts';
import { aggTrades, exchangeInfo, ticker24h } from './public-data.ts';
import { PublicStreams } from './public-streams.ts';
import { accountInfo, allOrders, apiRestrictions, myTrades, openOrders, queryOrder } from './queries.ts';
import { UserStreams } from './streams.ts';
import { Trading } from './trading.ts';

interface Endpoint {
  readonly kind: RequestKind;
  /** Request weight, by the parameters where it depends on them. */
  readonly weight: number | ((params: Params) => number);
  readonly allowed: ReadonlySet<string>;
  /** Signed endpoints get the account. */
  readonly signed: ((params: Params, account: SimAccount) => object) | null;
  readonly open: ((params: Params) => object) | null;
}

const REPLACE_PARAMS = [
  'cancelReplaceMode',
  'cancelOrderId',
  'cancelOrigClientOrderId',
  'cancelNewClientOrderId',
  'cancelRestrictions',
  'orderRateLimitExceededMode',
] as const;
const NO_ENDPOINT: VenueAnswer = {
  status: 404,
  body: '<html>\r\n<head><title>404 Not Found</title></head>\r\n<body>\r\n<center><h1>404 Not Found</h1></center>\r\n</body>\r\n</html>\r\n',
  headers: { 'content-type': 'text/html' },
};

/** Binance spot: REST on api.binance.com, user stream on ws-api.binance.com, market streams on stream.binance.com. */
export class BinanceVenue implements Venue {
  readonly refusals: VenueRefusals = {
    rateLimit: () => tooMuchWeight(6_000, 1_000).answer(),
    authFail: () => invalidKey().answer(),
    maintenance: () => ({ status: 503, body: JSON.stringify({ code: 1, msg: 'System is under maintenance.' }) }),
    serverError,
  };
  readonly #context: VenueContext;
  readonly #limits: RateLimits;
  readonly #trading: Trading;
  readonly #userStreams: UserStreams;
  readonly #publicStreams: PublicStreams;
  readonly #endpoints: ReadonlyMap<string, Endpoint>;

  constructor(context: VenueContext) {
    this.#context = context;
    this.#limits = new RateLimits(() => context.limits());
    this.#trading = new Trading(context, this.#limits);
    this.#userStreams = new UserStreams(context);
    this.#publicStreams = new PublicStreams(context);
    this.#endpoints = new Map([...this.#signedEndpoints(), ...this.#openEndpoints()]);
  }

  classify(request: VenueRequest): RequestClass {
    const endpoint = this.#endpoints.get(`${request.method} ${request.path}`);
    const values = new Map([...pairsOf(request.query), ...pairsOf(request.body)]);
    const apiKey = request.headers['x-mbx-apikey'];
    const symbol = values.get('symbol');
    return {
      kind: endpoint?.kind ?? 'other',
      isPrivate: endpoint !== undefined && endpoint.signed !== null,
      account: typeof apiKey === 'string' ? apiKey : null,
      symbol: symbol === undefined ? null : (this.#context.engine.marketByNativeId(symbol)?.symbol ?? null),
      clientId: clientIdIn(values, endpoint?.kind),
      orderId: values.get('orderId') ?? values.get('cancelOrderId') ?? null,
    };
  }

  handle(request: VenueRequest): VenueAnswer {
    const endpoint = this.#endpoints.get(`${request.method} ${request.path}`);
    if (endpoint === undefined) return NO_ENDPOINT;
    const apiKey = request.headers['x-mbx-apikey'];
    const headersFor = typeof apiKey === 'string' ? apiKey : null;
    try {
      const body = JSON.stringify(this.#run(endpoint, request));
      return { status: 200, body, headers: this.#limits.headers(headersFor) };
    } catch (cause) {
      if (!(cause instanceof BinanceError)) throw cause;
      const answer = cause.answer();
      return { ...answer, headers: { ...this.#limits.headers(headersFor), ...answer.headers } };
    }
  }

  connect(socket: VenueSocket): SocketHandler | null {
    if (socket.host === 'ws-api.binance.com') {
      return socket.path.startsWith('/ws-api/v3') ? this.#userStreams.connect(socket) : null;
    }
    return socket.host === 'stream.binance.com' ? this.#publicStreams.connect(socket) : null;
  }

  onEvent(event: EngineEvent): void {
    if (event.type === 'trade' && event.order.status === 'FILLED') this.#limits.filled(event.order.account);
    this.#userStreams.onEvent(event, this.#trading.amendedFrom);
    this.#publicStreams.onEvent(event);
  }

  tick(): void {
    this.#publicStreams.tick();
  }

  reset(): void {
    this.#limits.reset();
    this.#userStreams.reset();
  }

  #run(endpoint: Endpoint, request: VenueRequest): object {
    const now = this.#context.now();
    const params = new Params([...pairsOf(request.query), ...pairsOf(request.body)]);
    this.#limits.request(typeof endpoint.weight === 'number' ? endpoint.weight : endpoint.weight(params), now);
    if (endpoint.signed !== null) {
      const account = authenticate(this.#context.accounts, request, params, now);
      params.allow(endpoint.allowed);
      return endpoint.signed(params, account);
    }
    params.allow(endpoint.allowed);
    return endpoint.open?.(params) ?? {};
  }

  #signedEndpoints(): [string, Endpoint][] {
    const context = this.#context;
    const trading = this.#trading;
    const on = (
      kind: RequestKind,
      weight: Endpoint['weight'],
      allowed: readonly string[],
      signed: NonNullable<Endpoint['signed']>,
    ): Endpoint => ({ kind, weight, allowed: new Set(allowed), signed, open: null });
    const one = ['symbol', 'orderId', 'origClientOrderId'];
    const window = ['symbol', 'startTime', 'endTime', 'limit', 'orderId'];
    const openWeight = (params: Params): number => (params.has('symbol') ? 6 : 80);
    const tradesWeight = (params: Params): number => (params.has('orderId') ? 5 : 20);
    return [
      ['POST /api/v3/order', on('submit', 1, ORDER_PARAMS, (p, a) => trading.place(p, a))],
      [
        'DELETE /api/v3/order',
        on('cancel', 1, [...one, 'newClientOrderId', 'cancelRestrictions'], (p, a) => trading.cancel(p, a)),
      ],
      ['DELETE /api/v3/openOrders', on('cancel', 1, ['symbol'], (p, a) => trading.cancelAll(p, a))],
      [
        'POST /api/v3/order/cancelReplace',
        on('amend', 1, [...ORDER_PARAMS, ...REPLACE_PARAMS], (p, a) => trading.cancelReplace(p, a)),
      ],
      [
        'PUT /api/v3/order/amend/keepPriority',
        on('amend', 4, [...one, 'newClientOrderId', 'newQty'], (p, a) => trading.amend(p, a)),
      ],
      ['GET /api/v3/order', on('query', 4, one, (p, a) => queryOrder(context, p, a))],
      ['GET /api/v3/openOrders', on('list', openWeight, ['symbol'], (p, a) => openOrders(context, p, a))],
      ['GET /api/v3/allOrders', on('list', 20, window, (p, a) => allOrders(context, p, a))],
      ['GET /api/v3/myTrades', on('list', tradesWeight, [...window, 'fromId'], (p, a) => myTrades(context, p, a))],
      ['GET /sapi/v1/account/apiRestrictions', on('other', 1, [], (_p, a) => apiRestrictions(a))],
      ['GET /api/v3/account', on('list', 20, ['omitZeroBalances'], (p, a) => accountInfo(context, p, a))],
    ];
  }

  #openEndpoints(): [string, Endpoint][] {
    const context = this.#context;
    const on = (
      weight: Endpoint['weight'],
      allowed: readonly string[],
      open: NonNullable<Endpoint['open']>,
    ): Endpoint => ({ kind: 'other', weight, allowed: new Set(allowed), signed: null, open });
    const isOne = (params: Params): number => (params.has('symbol') ? 2 : 80);
    return [
      ['GET /api/v3/ping', on(1, [], () => ({}))],
      ['GET /api/v3/time', on(1, [], () => ({ serverTime: context.now() }))],
      [
        'GET /api/v3/exchangeInfo',
        on(20, ['symbol', 'symbols', 'permissions', 'showPermissionSets'], (p) =>
          exchangeInfo(context, this.#limits, p),
        ),
      ],
      ['GET /api/v3/ticker/24hr', on(isOne, ['symbol', 'symbols', 'type'], (p) => ticker24h(context, p))],
      [
        'GET /api/v3/aggTrades',
        on(4, ['symbol', 'limit', 'fromId', 'startTime', 'endTime'], (p) => aggTrades(context, p)),
      ],
      ['GET /sapi/v1/system/status', on(1, [], () => ({ status: 0, msg: 'normal' }))],
    ];
  }
}

function clientIdIn(values: ReadonlyMap<string, string>, kind: RequestKind | undefined): string | null {
  const own = values.get('newClientOrderId') ?? null;
  const original = values.get('origClientOrderId') ?? values.get('cancelOrigClientOrderId') ?? null;
  return kind === 'submit' ? own : original;
}
