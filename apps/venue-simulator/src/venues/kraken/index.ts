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
import { apiKeyOf, Authenticator, parseFields } from './auth.ts';
import { orderIdOf, tradeIdOf } from './ids.ts';
import { KrakenLimits } from './limits.ts';
import { marketByName, MARKETS } from './markets.ts';
import { privateCall, Tokens } from './private.ts';
import { publicCall } from './public.ts';
import { KrakenRefusal, REFUSALS, refused, success } from './refusal.ts';
import { Streams } from './stream.ts';
import { Trading } from './trading.ts';

const PRIVATE = '/0/private/';
const PUBLIC = '/0/public/';
const REST_HOST = 'api.kraken.com';

const KINDS: Readonly<Record<string, RequestKind>> = {
  AddOrder: 'submit',
  CancelOrder: 'cancel',
  CancelOrderBatch: 'cancel',
  CancelAll: 'cancel',
  CancelAllOrdersAfter: 'cancel',
  AmendOrder: 'amend',
  EditOrder: 'amend',
  QueryOrders: 'query',
  QueryTrades: 'query',
  ClosedOrders: 'list',
  TradesHistory: 'list',
  Balance: 'list',
  BalanceEx: 'list',
};

/** Kraken spot: REST under /0 and WebSocket v2. */
class Kraken implements Venue {
  readonly refusals = REFUSALS;
  readonly #context: VenueContext;
  readonly #auth: Authenticator;
  readonly #limits: KrakenLimits;
  readonly #trading: Trading;
  readonly #tokens = new Tokens();
  readonly #streams: Streams;

  constructor(context: VenueContext) {
    this.#context = context;
    this.#auth = new Authenticator(context.accounts);
    this.#limits = new KrakenLimits(() => context.limits());
    this.#trading = new Trading(context.engine, this.#limits);
    this.#streams = new Streams(context, this.#tokens);
  }

  classify(request: VenueRequest): RequestClass {
    const isPrivate = request.path.startsWith(PRIVATE);
    const method = request.path.slice(isPrivate ? PRIVATE.length : PUBLIC.length);
    const fields = isPrivate ? parseFields(request) : new Map(new URLSearchParams(request.query));
    const clientId = fields.get('cl_ord_id') ?? null;
    const txid = fields.get('txid') ?? null;
    const orderId = txid === null || txid === '' ? null : txid;
    const named = this.#named(orderId, clientId, isPrivate ? apiKeyOf(request) : null);
    const openKind: RequestKind = clientId === null ? 'list' : 'query';
    return {
      kind: !isPrivate ? 'other' : method === 'OpenOrders' ? openKind : (KINDS[method] ?? 'other'),
      isPrivate,
      account: isPrivate ? apiKeyOf(request) : null,
      symbol: marketByName(fields.get('pair') ?? '')?.symbol ?? named?.symbol ?? null,
      clientId: clientId ?? named?.clientId ?? null,
      orderId: orderId ?? named?.id ?? null,
    };
  }

  handle(request: VenueRequest, _classified: RequestClass): VenueAnswer {
    try {
      const result = this.#result(request);
      return result === null ? refused('EGeneral:Unknown method') : success(result);
    } catch (error) {
      if (error instanceof KrakenRefusal) return refused(error.text);
      throw error;
    } finally {
      this.#streams.flush();
    }
  }

  connect(socket: VenueSocket): SocketHandler | null {
    return socket.host === REST_HOST ? null : this.#streams.connect(socket);
  }

  onEvent(event: EngineEvent): void {
    if (event.type === 'accepted') this.#limits.opened(event.order.account, event.order.symbol);
    const hasEnded = event.type === 'ended' || (event.type === 'trade' && event.order.status === 'FILLED');
    if (hasEnded) this.#limits.ended(event.order.account, event.order.symbol);
    this.#streams.onEvent(event);
  }

  tick(now: number): void {
    this.#trading.tick(now);
    this.#tokens.forget(now);
    this.#streams.flush();
    this.#streams.heartbeat();
  }

  reset(): void {
    this.#auth.reset();
    this.#limits.reset();
    this.#trading.reset();
    this.#tokens.reset();
  }

  #result(request: VenueRequest): Record<string, unknown> | null {
    const now = this.#context.now();
    if (request.path.startsWith(PUBLIC)) {
      const fields = new Map(new URLSearchParams(request.method === 'POST' ? request.body : request.query));
      return publicCall(request.path.slice(PUBLIC.length), fields, this.#context.engine, now);
    }
    if (!request.path.startsWith(PRIVATE) || request.method !== 'POST') return null;
    const method = request.path.slice(PRIVATE.length);
    const fields = parseFields(request);
    const account = this.#auth.check(request, fields);
    this.#limits.call(account.apiKey, method, now);
    return privateCall({ method, fields, account, now }, this.#context, this.#trading, this.#tokens);
  }

  #named(orderId: string | null, clientId: string | null, account: string | null) {
    const { engine } = this.#context;
    if (orderId !== null) return engine.order(orderId);
    return clientId === null || account === null ? undefined : engine.orderByClientId(account, clientId);
  }
}

export const kraken: VenueDefinition = {
  exchange: 'kraken',
  hosts: [REST_HOST, 'ws-auth.kraken.com', 'ws.kraken.com'],
  engine: {
    exchange: 'kraken',
    markets: MARKETS.map((market) => market.engine),
    makerFee: fixed('0.0025'),
    takerFee: fixed('0.004'),
    feeIn: 'quote',
    feePlaces: 5,
    orderId: orderIdOf,
    tradeId: tradeIdOf,
  },
  create: (context) => new Kraken(context),
};
