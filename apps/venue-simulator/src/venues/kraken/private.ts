import { createHmac } from 'node:crypto';
import { fixedTextAt } from '../../engine/fixed.ts';
import type { Engine } from '../../engine/model.ts';
import type { SimAccount, VenueContext } from '../protocol.ts';
import type { Fields } from './auth.ts';
import { ownerNumber, permissionsOf } from '../../keys.ts';
import { closedOrders, queryOrders, queryTrades, tradesHistory } from './history.ts';
import { ASSETS } from './markets.ts';
import { orderJson, tagsOf } from './orders.ts';
import type { Trading } from './trading.ts';

/** Private REST, behind the checks of key, signature, nonce and call counter. */

const TOKEN_LIFE_SECONDS = 900;
const TOKENS_KEPT = 10_000;

/** WebSocket tokens: good for 15 minutes to subscribe; what is subscribed stays. */
export class Tokens {
  readonly #issued = new Map<string, { readonly account: string; readonly until: number }>();
  #count = 0;

  issue(account: SimAccount, now: number): Record<string, unknown> {
    this.forget(now);
    this.#count += 1;
    const token = createHmac('sha256', account.secret).update(`ws|${now}|${this.#count}`).digest('base64');
    this.#issued.set(token, { account: account.apiKey, until: now + TOKEN_LIFE_SECONDS * 1000 });
    return { token, expires: TOKEN_LIFE_SECONDS };
  }

  accountOf(token: string, now: number): string | null {
    const found = this.#issued.get(token);
    return found === undefined || found.until <= now ? null : found.account;
  }

  /** Drops what is over; the oldest of too many go first. */
  forget(now: number): void {
    for (const [token, { until }] of this.#issued) {
      if (until > now && this.#issued.size < TOKENS_KEPT) break;
      this.#issued.delete(token);
    }
  }

  reset(): void {
    this.#issued.clear();
  }
}

function balance(engine: Engine, account: string): Record<string, unknown> {
  const entries = [...engine.balances(account)].map(([code, { total }]) => {
    const asset = ASSETS.get(code);
    return [asset?.id ?? code, fixedTextAt(total, asset?.decimals ?? 10)];
  });
  return Object.fromEntries(entries) as Record<string, unknown>;
}

function balanceEx(engine: Engine, account: string): Record<string, unknown> {
  const entries = [...engine.balances(account)].map(([code, { total, held }]) => {
    const asset = ASSETS.get(code);
    const text = (value: bigint) => fixedTextAt(value, asset?.decimals ?? 10);
    return [asset?.id ?? code, { balance: text(total), hold_trade: text(held), credit: '0', credit_used: '0' }];
  });
  return Object.fromEntries(entries) as Record<string, unknown>;
}

/** A look-up by client id or user reference is not a listing: the fault that hides orders from lists spares it. */
function openOrders(fields: Fields, account: string, context: VenueContext): Record<string, unknown> {
  const clientId = fields.get('cl_ord_id');
  const userref = fields.get('userref');
  const withTrades = fields.get('trades') === 'true';
  const isHidden = clientId === undefined && userref === undefined ? context.hideOpenOrder(null) : null;
  const byId = clientId === undefined ? undefined : context.engine.orderByClientId(account, clientId);
  const candidates =
    clientId === undefined
      ? context.engine.openOrders(account)
      : byId === undefined || byId.status !== 'OPEN'
        ? []
        : [byId];
  const open: Record<string, unknown> = {};
  for (const order of candidates) {
    if (userref !== undefined && String(tagsOf(order).userref) !== userref) continue;
    if (isHidden?.(order) === true) continue;
    open[order.id] = orderJson(order, context.engine, withTrades);
  }
  return { open };
}

/** The key that asks. Its name is not kept here, and its text is that of the account's first key. */
function keyInfo({ account, fields, now }: PrivateCall): Record<string, unknown> {
  const { read, trade, withdraw } = permissionsOf(account);
  const seconds = String(Math.floor(now / 1000));
  return {
    apiKeyName: 'simulated',
    apiKey: account.apiKey,
    nonce: fields.get('nonce') ?? '0',
    nonceWindow: 0,
    permissions: [
      ...(read ? ['query-funds', 'query-open-trades', 'query-closed-trades'] : []),
      ...(trade ? ['modify-trades', 'close-trades'] : []),
      ...(withdraw ? ['withdraw-funds'] : []),
    ],
    iban: `AA00 N84G ${ownerNumber(account)}`,
    validUntil: '0',
    queryFrom: '0',
    queryTo: '0',
    createdTime: '1763640000',
    modifiedTime: '1763640000',
    ipAllowlist: [],
    lastUsed: seconds,
  };
}

export interface PrivateCall {
  readonly method: string;
  readonly fields: Fields;
  readonly account: SimAccount;
  readonly now: number;
}

/** The result of a private call, or null for a name that is not one. Throws KrakenRefusal. */
export function privateCall(
  call: PrivateCall,
  context: VenueContext,
  trading: Trading,
  tokens: Tokens,
): Record<string, unknown> | null {
  const { fields, now } = call;
  const account = call.account.apiKey;
  const { engine } = context;
  switch (call.method) {
    case 'GetApiKeyInfo':
      return keyInfo(call);
    case 'Balance':
      return balance(engine, account);
    case 'BalanceEx':
      return balanceEx(engine, account);
    case 'AddOrder':
      return trading.addOrder(fields, account, now);
    case 'AmendOrder':
      return trading.amendOrder(fields, account, now);
    case 'EditOrder':
      return trading.editOrder(fields, account, now);
    case 'CancelOrder':
      return trading.cancelOrder(fields, account, now);
    case 'CancelOrderBatch':
      return trading.cancelOrderBatch(fields, account, now);
    case 'CancelAll':
      return trading.cancelAll(account, now);
    case 'CancelAllOrdersAfter':
      return trading.cancelAllAfter(fields, account, now);
    case 'OpenOrders':
      return openOrders(fields, account, context);
    case 'ClosedOrders':
      return closedOrders(fields, account, engine);
    case 'QueryOrders':
      return queryOrders(fields, account, engine);
    case 'TradesHistory':
      return tradesHistory(fields, account, engine);
    case 'QueryTrades':
      return queryTrades(fields, account, engine);
    case 'GetWebSocketsToken':
      return tokens.issue(call.account, now);
    default:
      return null;
  }
}
