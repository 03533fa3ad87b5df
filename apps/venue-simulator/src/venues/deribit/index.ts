import { fixed } from '../../engine/fixed.ts';
import type { EngineEvent, SimOrder } from '../../engine/model.ts';
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
import { apiKeyOf, authenticate } from './auth.ts';
import type { Call, Desk } from './calls.ts';
import { perform } from './calls.ts';
import { faceById } from './faces.ts';
import { createdIdOf, orderIdOf, tradeIdOf } from './ids.ts';
import { DeribitLimits } from './limits.ts';
import { INSTRUMENTS, instrumentNamed, TAKER_FEE } from './markets.ts';
import type { Params } from './params.ts';
import { jsonParams, queryParams } from './params.ts';
import { DeribitRefusal, refusalText, REFUSALS, successText } from './refusal.ts';
import { Streams } from './stream.ts';
import { SUBACCOUNT, Tokens } from './tokens.ts';
import { Trading } from './trading.ts';

const ROOT = '/api/v2/';

const KINDS: Readonly<Record<string, RequestKind>> = {
  buy: 'submit',
  sell: 'submit',
  edit: 'amend',
  edit_by_label: 'amend',
  cancel: 'cancel',
  cancel_by_label: 'cancel',
  cancel_all: 'cancel',
  cancel_all_by_currency: 'cancel',
  cancel_all_by_instrument: 'cancel',
  get_order_state: 'query',
  get_order_state_by_label: 'query',
  get_open_orders_by_label: 'query',
  get_open_orders: 'list',
  get_open_orders_by_currency: 'list',
  get_open_orders_by_instrument: 'list',
  get_order_history_by_currency: 'list',
  get_order_history_by_instrument: 'list',
  get_trigger_order_history: 'list',
  get_user_trades_by_currency: 'list',
  get_user_trades_by_currency_and_time: 'list',
  get_user_trades_by_instrument: 'list',
  get_user_trades_by_instrument_and_time: 'list',
  get_user_trades_by_order: 'list',
  get_account_summary: 'list',
  get_account_summaries: 'list',
  get_position: 'list',
  get_positions: 'list',
};

/** Deribit: JSON-RPC over HTTP (GET, or POST with a JSON body) and over WebSocket. */
class Deribit implements Venue {
  readonly refusals = REFUSALS;
  readonly #desk: Desk;
  readonly #streams: Streams;

  constructor(context: VenueContext) {
    this.#desk = {
      context,
      trading: new Trading(context.engine),
      tokens: new Tokens(context.accounts),
      limits: new DeribitLimits(() => context.limits()),
    };
    this.#streams = new Streams(this.#desk);
  }

  classify(request: VenueRequest): RequestClass {
    const { context, tokens } = this.#desk;
    const { method, params } = callOf(request);
    const [scope, name = ''] = method.split('/');
    const isPrivate = scope === 'private';
    const account = isPrivate ? apiKeyOf(request, tokens, context.now()) : null;
    const clientId = params.get('label') ?? null;
    const orderId = params.get('order_id') ?? null;
    const named = this.#named(orderId, clientId, account);
    return {
      kind: isPrivate ? (KINDS[name] ?? 'other') : 'other',
      isPrivate,
      account,
      symbol: instrumentNamed(params.get('instrument_name') ?? '')?.engine.symbol ?? named?.symbol ?? null,
      clientId: clientId ?? named?.clientId ?? null,
      orderId: orderId ?? named?.id ?? null,
    };
  }

  handle(request: VenueRequest, _classified: RequestClass): VenueAnswer {
    const { context, tokens } = this.#desk;
    const now = context.now();
    const { method, params, id } = callOf(request);
    try {
      const grant: Call['grant'] = () => authenticate(request, context.accounts, tokens, now);
      const result = perform({ method, params, now, grant }, this.#desk);
      return { status: 200, body: successText(result, now, id) };
    } catch (error) {
      if (error instanceof DeribitRefusal) return { status: 400, body: refusalText(error.error, now, id) };
      throw error;
    } finally {
      this.#streams.flush();
    }
  }

  connect(socket: VenueSocket): SocketHandler | null {
    return this.#streams.connect(socket);
  }

  onEvent(event: EngineEvent): void {
    this.#streams.onEvent(event);
  }

  tick(now: number): void {
    this.#streams.tick(now);
  }

  reset(): void {
    this.#desk.tokens.reset();
    this.#desk.limits.reset();
  }

  #named(orderId: string | null, clientId: string | null, account: string | null): SimOrder | undefined {
    const { engine } = this.#desk.context;
    if (orderId !== null) return faceById(engine, orderId)?.order;
    return clientId === null || account === null ? undefined : engine.orderByClientId(account, clientId);
  }
}

/** The method is in the path; a JSON body may name it and carry the parameters. */
function callOf(request: VenueRequest): { readonly method: string; readonly params: Params; readonly id: unknown } {
  const inPath = request.path.startsWith(ROOT) ? request.path.slice(ROOT.length) : '';
  if (request.method !== 'POST') return { method: inPath, params: queryParams(request.query), id: undefined };
  const body = bodyOf(request.body);
  const named = typeof body['method'] === 'string' ? body['method'] : inPath;
  return { method: named, params: jsonParams(body['params']), id: body['id'] };
}

function bodyOf(text: string): Readonly<Record<string, unknown>> {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

export const deribit: VenueDefinition = {
  exchange: 'deribit',
  subaccounts: [SUBACCOUNT],
  hosts: ['www.deribit.com'],
  engine: {
    exchange: 'deribit',
    markets: INSTRUMENTS.map((one) => one.engine),
    makerFee: fixed('0'),
    takerFee: fixed(TAKER_FEE),
    feeIn: 'received',
    feePlaces: 8,
    orderId: orderIdOf,
    tradeId: tradeIdOf,
    triggeredOrderId: createdIdOf,
  },
  create: (context) => new Deribit(context),
};
