import { DecimalSchema, ORDER_SIDES, ORDER_TYPES } from '@orderplane/domain';
import { z } from 'zod';
import { fixedText } from '../engine/fixed.ts';
import type { NewOrder } from '../engine/model.ts';
import { DEFAULT_PERMISSIONS } from '../venues/protocol.ts';
import { AdminError, bodyOf, exchangeOf, marketOf, Positive, stepped } from './admin-input.ts';
import type { AdminRequest, AdminSetting, Handler } from './admin-input.ts';
import { FaultRequest } from './faults.ts';
import { ledgerOf, ledgerOrder } from './ledger.ts';
import { monotonicUs } from './requests.ts';
import { SCRIPT_ROUTES } from './script.ts';

const AccountInput = z.strictObject({
  exchange: z.string(),
  apiKey: z.string().min(1).max(200),
  secret: z.string().min(1).max(500),
  passphrase: z.string().max(200).nullish(),
  balances: z
    .record(
      z.string(),
      DecimalSchema.refine((text) => !text.startsWith('-'), { message: 'below zero' }),
    )
    .optional(),
  permissions: z
    .strictObject({
      read: z.boolean().default(DEFAULT_PERMISSIONS.read),
      trade: z.boolean().default(DEFAULT_PERMISSIONS.trade),
      withdraw: z.boolean().default(DEFAULT_PERMISSIONS.withdraw),
    })
    .exactOptional(),
  sameAs: z.string().optional(),
  onlyNew: z.boolean().optional(),
});
const RevokeInput = z.strictObject({ exchange: z.string(), apiKey: z.string() });
const PriceInput = z.strictObject({
  exchange: z.string(),
  symbol: z.string(),
  price: Positive,
  size: Positive.optional(),
});
const WalkInput = z.strictObject({ exchange: z.string(), symbol: z.string().optional(), running: z.boolean() });
const LimitsInput = z.strictObject({
  exchange: z.string(),
  enabled: z.boolean().optional(),
  scale: z.number().positive().max(1_000_000).optional(),
});
const ResetInput = z.strictObject({ exchange: z.string().optional() });
const CancelInput = z.strictObject({ exchange: z.string(), exchangeOrderId: z.string() });
const OrderInput = z.strictObject({
  exchange: z.string(),
  symbol: z.string(),
  side: z.enum(ORDER_SIDES),
  type: z.enum(ORDER_TYPES),
  size: Positive,
  price: Positive.optional(),
  stopPrice: Positive.optional(),
  timeInForce: z.enum(['GTC', 'IOC', 'FOK', 'GTT']).optional(),
  expiresAt: z.iso.datetime().optional(),
  postOnly: z.boolean().optional(),
  clientId: z.string().min(1).max(100).optional(),
  /** Also while another open order has this client id, as no exchange should take it. */
  repeatsClientId: z.boolean().optional(),
  apiKey: z.string().optional(),
});

const optionalExchange = (setting: AdminSetting, request: AdminRequest): string | null => {
  const name = request.query.get('exchange');
  return name === null ? null : exchangeOf(setting, name).definition.exchange;
};

function placeOutside(setting: AdminSetting, request: AdminRequest): unknown {
  const input = bodyOf(OrderInput, request);
  const exchange = exchangeOf(setting, input.exchange);
  const market = marketOf(exchange, input.symbol);
  const account =
    input.apiKey === undefined ? exchange.accounts.names()[0] : exchange.accounts.get(input.apiKey)?.account;
  if (account === undefined && input.apiKey !== undefined) throw new AdminError(404, 'no account has this apiKey');
  if (account === undefined)
    throw new AdminError(409, 'no account is registered at this exchange: POST /accounts first');
  if (input.timeInForce === 'GTT' && input.expiresAt === undefined)
    throw new AdminError(400, 'expiresAt: GTT needs it');
  const isTimed = input.timeInForce === 'GTT';
  const order: NewOrder = {
    account,
    clientId: input.clientId ?? null,
    ...(input.repeatsClientId === true ? { uniqueOpenClientId: false } : {}),
    symbol: market.symbol,
    side: input.side,
    type: input.type,
    size: stepped(input.size, market.sizeStep, 'size'),
    quoteSize: null,
    price: input.price === undefined ? null : stepped(input.price, market.priceStep, 'price'),
    stopPrice: input.stopPrice === undefined ? null : stepped(input.stopPrice, market.priceStep, 'stopPrice'),
    timeInForce: isTimed ? 'GTD' : input.timeInForce === 'GTT' ? 'GTC' : (input.timeInForce ?? 'GTC'),
    expiresAt: isTimed && input.expiresAt !== undefined ? Date.parse(input.expiresAt) : null,
    postOnly: input.postOnly ?? false,
    source: 'outside',
  };
  const placed = exchange.engine.place(order, setting.now());
  if (!placed.ok) throw new AdminError(409, `refused: ${placed.refusal}`);
  return ledgerOrder(placed.order);
}

function registerAccount(setting: AdminSetting, request: AdminRequest): unknown {
  const { balances, passphrase, sameAs, onlyNew, ...account } = bodyOf(AccountInput, request);
  const exchange = exchangeOf(setting, account.exchange);
  const known = exchange.accounts.get(account.apiKey);
  const about = { exchange: account.exchange, apiKey: account.apiKey, isNew: known === undefined };
  if (known !== undefined && onlyNew === true) return about;
  if (sameAs !== undefined && exchange.accounts.get(sameAs) === undefined)
    throw new AdminError(404, 'sameAs: there is no such apiKey');
  try {
    exchange.register({ ...account, passphrase: passphrase ?? null }, balances ?? null, sameAs ?? null);
  } catch (cause) {
    if (cause instanceof RangeError) throw new AdminError(409, cause.message);
    throw cause;
  }
  return about;
}

function addFault(setting: AdminSetting, request: AdminRequest): unknown {
  const input = bodyOf(FaultRequest, request);
  exchangeOf(setting, input.exchange);
  if (input.fault !== 'streamDrop' && input.fault !== 'publicStreamDrop') return { fault: setting.faults.add(input) };
  const kind = input.fault === 'streamDrop' ? 'private' : 'public';
  const dropped = setting.dropStreams(input.exchange, input.account ?? null, kind);
  const isLasting = input.ms !== undefined || input.durationMs !== undefined || input.probability !== undefined;
  if (isLasting) return { dropped, fault: setting.faults.add(input) };
  const more = (input.times ?? 1) - 1;
  return more > 0 ? { dropped, fault: setting.faults.add({ ...input, times: more }) } : { dropped };
}

const ROUTES: Readonly<Record<string, Handler>> = {
  ...SCRIPT_ROUTES,
  'GET /healthz': (setting) => ({ ok: true, exchanges: [...setting.exchanges.keys()] }),
  'GET /ledger': (setting, request) => {
    const name = request.query.get('exchange');
    if (name === null) throw new AdminError(400, 'exchange: which one? GET /ledger?exchange=binance');
    return ledgerOf(exchangeOf(setting, name).engine, request.query.get('account'));
  },
  'GET /accounts': (setting, request) => {
    const name = optionalExchange(setting, request);
    const chosen = [...setting.exchanges.values()].filter((one) => name === null || one.definition.exchange === name);
    return chosen.flatMap((exchange) =>
      exchange.accounts.names().map((apiKey) => ({
        exchange: exchange.definition.exchange,
        apiKey,
        balances: Object.fromEntries(
          [...exchange.engine.balances(apiKey)].map(([asset, { total, held }]) => [
            asset,
            { total: fixedText(total), held: fixedText(held) },
          ]),
        ),
      })),
    );
  },
  'POST /accounts': registerAccount,
  'POST /accounts/revoke': (setting, request) => {
    const input = bodyOf(RevokeInput, request);
    const exchange = exchangeOf(setting, input.exchange);
    const account = exchange.accounts.get(input.apiKey)?.account;
    if (account === undefined || !exchange.revoke(input.apiKey)) throw new AdminError(404, 'there is no such apiKey');
    // Streams do not say which key opened them: all of the account are cut, and those with a good key come back.
    return { exchange: input.exchange, dropped: setting.dropStreams(input.exchange, account) };
  },
  'POST /price': (setting, request) => {
    const input = bodyOf(PriceInput, request);
    const exchange = exchangeOf(setting, input.exchange);
    const market = marketOf(exchange, input.symbol);
    const size = input.size === undefined ? null : stepped(input.size, market.sizeStep, 'size');
    exchange.engine.setPrice(market.symbol, stepped(input.price, market.priceStep, 'price'), size, setting.now());
    // What the new price fills is filled by now, and not yet told.
    const executedUs = monotonicUs();
    return {
      exchange: input.exchange,
      symbol: market.symbol,
      last: fixedText(exchange.engine.lastPrice(market.symbol)),
      executedUs,
    };
  },
  'POST /walk': (setting, request) => {
    const input = bodyOf(WalkInput, request);
    const exchange = exchangeOf(setting, input.exchange);
    exchange.engine.setWalk(input.symbol === undefined ? null : marketOf(exchange, input.symbol).symbol, input.running);
    return input;
  },
  'GET /prices': (setting, request) => {
    const name = request.query.get('exchange');
    const exchange = exchangeOf(setting, name ?? '');
    return Object.fromEntries(
      exchange.definition.engine.markets.map(({ symbol }) => {
        const { last, bid, ask } = exchange.engine.ticker(symbol, setting.now());
        return [symbol, { last: fixedText(last), bid: fixedText(bid), ask: fixedText(ask) }];
      }),
    );
  },
  'POST /orders': placeOutside,
  'POST /orders/cancel': (setting, request) => {
    const input = bodyOf(CancelInput, request);
    const result = exchangeOf(setting, input.exchange).engine.cancel(input.exchangeOrderId, setting.now(), 'venue');
    if (result.ok) return ledgerOrder(result.order);
    throw new AdminError(result.refusal === 'unknownOrder' ? 404 : 409, `refused: ${result.refusal}`);
  },
  'POST /faults': addFault,
  'GET /faults': (setting) => ({ faults: setting.faults.list() }),
  'DELETE /faults': (setting, request) => {
    setting.faults.clear(optionalExchange(setting, request) ?? undefined, request.query.get('account') ?? undefined);
    return { faults: setting.faults.list() };
  },
  'GET /requests': (setting, request) => {
    const limit = Number(request.query.get('limit') ?? '2000');
    return setting.requests.read(
      optionalExchange(setting, request),
      Number.isInteger(limit) && limit > 0 ? limit : 2000,
      request.query.get('account'),
    );
  },
  'GET /streams': (setting, request) => {
    const exchange = exchangeOf(setting, request.query.get('exchange') ?? '').definition.exchange;
    return { exchange, accounts: setting.privateStreams(exchange) };
  },
  'POST /limits': (setting, request) => {
    const { exchange: name, ...change } = bodyOf(LimitsInput, request);
    const exchange = exchangeOf(setting, name);
    exchange.limits = {
      enabled: change.enabled ?? exchange.limits.enabled,
      scale: change.scale ?? exchange.limits.scale,
    };
    return { exchange: name, ...exchange.limits };
  },
  'POST /reset': (setting, request) => {
    const { exchange: name } = bodyOf(ResetInput, request);
    const chosen = name === undefined ? [...setting.exchanges.values()] : [exchangeOf(setting, name)];
    for (const exchange of chosen) {
      exchange.reset();
      setting.faults.clear(exchange.definition.exchange);
      setting.requests.clear(exchange.definition.exchange);
    }
    return { reset: chosen.map((exchange) => exchange.definition.exchange) };
  },
};

/** Answers one admin request: status and JSON. */
export function answerAdmin(setting: AdminSetting, request: AdminRequest): { status: number; body: string } {
  const route = `${request.method} ${request.path}`;
  const handler = ROUTES[route];
  if (handler === undefined) {
    return { status: 404, body: JSON.stringify({ error: `no ${route}`, routes: Object.keys(ROUTES) }) };
  }
  try {
    return { status: 200, body: JSON.stringify(handler(setting, request)) };
  } catch (cause) {
    if (cause instanceof AdminError) return { status: cause.status, body: JSON.stringify({ error: cause.message }) };
    throw cause;
  }
}
