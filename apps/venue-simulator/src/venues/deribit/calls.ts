import type { VenueContext } from '../protocol.ts';
import { accountSummaries, accountSummary, position, positions } from './account.ts';
import type { DeribitLimits } from './limits.ts';
import { isTrading } from './limits.ts';
import {
  openOrders,
  openOrdersByLabel,
  orderHistory,
  orderState,
  orderStateByLabel,
  tradesByOrder,
  triggerHistory,
  userTrades,
} from './lists.ts';
import type { Params } from './params.ts';
import { currencyIn, instrumentIn } from './params.ts';
import { publicCall } from './public.ts';
import { refuse } from './refusal.ts';
import { currencyOf } from './markets.ts';
import type { Grant, Tokens } from './tokens.ts';
import { mayTrade, subjectOf, subjectsOf } from './tokens.ts';
import type { Trading } from './trading.ts';
import { kindFilter, typeFilter } from './trading.ts';

/** Every call of the API by name, whichever transport it came over. */

export interface Desk {
  readonly context: VenueContext;
  readonly trading: Trading;
  readonly tokens: Tokens;
  readonly limits: DeribitLimits;
}

export interface Call {
  /** "public/ticker", "private/buy". */
  readonly method: string;
  readonly params: Params;
  readonly now: number;
  /** Asked for private calls alone; throws when nobody is authenticated. */
  readonly grant: () => Grant;
}

/** Throws DeribitRefusal. */
export function perform(call: Call, desk: Desk): unknown {
  const [scope, name = ''] = call.method.split('/');
  const { params, now } = call;
  if (scope === 'private') return privateCall(name, call, desk);
  switch (name) {
    case 'auth':
      return desk.tokens.auth(params, now).answer;
    case 'exchange_token':
      return desk.tokens.exchange(params, now);
    case 'fork_token':
      return desk.tokens.fork(params, now);
    default: {
      const result = scope === 'public' ? publicCall(name, params, desk.context.engine, now) : undefined;
      return result === undefined ? refuse(-32601) : result;
    }
  }
}

function privateCall(name: string, call: Call, desk: Desk): unknown {
  const grant = call.grant();
  const account = grant.account.apiKey;
  if (isTrading(name) && !mayTrade(grant)) refuse(13021, { reason: 'scope' });
  desk.limits.take(account, name, call.now);
  const result = isTrading(name) ? trade(name, call, account, desk.trading) : read(name, call, grant, desk.context);
  return result === undefined ? refuse(-32601) : result;
}

function trade(name: string, { params, now }: Call, account: string, trading: Trading): unknown {
  switch (name) {
    case 'buy':
      return trading.place(params, 'BUY', account, now);
    case 'sell':
      return trading.place(params, 'SELL', account, now);
    case 'edit':
      return trading.edit(params, account, now);
    case 'edit_by_label':
      return trading.editByLabel(params, account, now);
    case 'cancel':
      return trading.cancel(params, account, now);
    case 'cancel_by_label':
      return trading.cancelByLabel(params, account, now);
    case 'cancel_all':
      return trading.cancelMany(account, () => true, now);
    case 'cancel_all_by_currency': {
      const currency = currencyIn(params);
      const [isOfType, isOfKind] = [typeFilter(params), kindFilter(params)];
      const isMeant = (one: Parameters<typeof currencyOf>[0]) => currency === null || currencyOf(one) === currency;
      return trading.cancelMany(
        account,
        (order, one) => isMeant(one) && isOfType(order, one) && isOfKind(order, one),
        now,
      );
    }
    case 'cancel_all_by_instrument': {
      const only = instrumentIn(params);
      const isOfType = typeFilter(params);
      return trading.cancelMany(account, (order, one) => one === only && isOfType(order, one), now);
    }
    default:
      return undefined;
  }
}

function read(name: string, { params, now }: Call, grant: Grant, context: VenueContext): unknown {
  const { engine } = context;
  const account = grant.account.apiKey;
  switch (name) {
    case 'get_order_state':
      return orderState(params, account, engine);
    case 'get_order_state_by_label':
      return orderStateByLabel(params, account, engine, now);
    case 'get_open_orders':
      return openOrders(params, account, context, 'all');
    case 'get_open_orders_by_currency':
      return openOrders(params, account, context, 'currency');
    case 'get_open_orders_by_instrument':
      return openOrders(params, account, context, 'instrument');
    case 'get_open_orders_by_label':
      return openOrdersByLabel(params, account, engine);
    case 'get_order_history_by_currency':
      return orderHistory(params, account, engine, 'currency', now);
    case 'get_order_history_by_instrument':
      return orderHistory(params, account, engine, 'instrument', now);
    case 'get_trigger_order_history':
      return triggerHistory(params, account, engine);
    case 'get_user_trades_by_currency':
      return userTrades(params, account, engine, { by: 'currency', timed: false }, now);
    case 'get_user_trades_by_currency_and_time':
      return userTrades(params, account, engine, { by: 'currency', timed: true }, now);
    case 'get_user_trades_by_instrument':
      return userTrades(params, account, engine, { by: 'instrument', timed: false }, now);
    case 'get_user_trades_by_instrument_and_time':
      return userTrades(params, account, engine, { by: 'instrument', timed: true }, now);
    case 'get_user_trades_by_order':
      return tradesByOrder(params, account, engine, now);
    case 'get_account_summary':
      return {
        ...accountSummary(params, account, engine, now),
        ...(params.get('extended') === 'true'
          ? { id: subjectOf(grant.account), username: account, type: typeOf(grant) }
          : {}),
      };
    case 'get_account_summaries':
      return accountSummaries(account, subjectOf(grant.account), engine, now);
    case 'get_position':
      return position(params, account, engine, now);
    case 'get_positions':
      return positions(params, account, engine, now);
    case 'get_subaccounts':
      return subaccounts(grant);
    default:
      return undefined;
  }
}

const typeOf = ({ account }: Grant): 'main' | 'subaccount' =>
  subjectsOf(account)[0]?.apiKey === account.apiKey ? 'main' : 'subaccount';

/** A main account is told all accounts of its user, a subaccount its own. */
function subaccounts(grant: Grant): unknown[] {
  const listed = typeOf(grant) === 'main' ? subjectsOf(grant.account) : [grant.account];
  return listed.map((account) => ({
    id: subjectOf(account),
    username: account.apiKey,
    system_name: account.apiKey,
    email: `${account.apiKey}@example.invalid`,
    type: typeOf({ ...grant, account }),
    is_password: true,
    login_enabled: true,
    receive_notifications: false,
    security_keys_enabled: false,
    security_keys_assignments: [],
  }));
}
