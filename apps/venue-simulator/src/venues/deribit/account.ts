import type { Fixed } from '../../engine/fixed.ts';
import { fixedTextAt, over, times, ZERO } from '../../engine/fixed.ts';
import type { Engine } from '../../engine/model.ts';
import { number } from './faces.ts';
import type { Instrument } from './markets.ts';
import { CURRENCIES, INSTRUMENTS } from './markets.ts';
import { positionOf } from './order-request.ts';
import type { Params } from './params.ts';
import { currencyIn, instrumentIn } from './params.ts';

/** Balances and positions. Contracts are fully covered: there is no leverage, no funding and no liquidation. */

function summaryJson(engine: Engine, account: string, currency: string, now: number): Record<string, unknown> {
  const { total, held } = engine.balances(account).get(currency) ?? { total: ZERO, held: ZERO };
  // What the positions settled in this currency are worth at the last price.
  let worth = ZERO;
  for (const one of INSTRUMENTS) {
    if (one.kind !== 'future' || one.engine.quote !== currency) continue;
    const position = positionOf(engine, account, one.engine.symbol);
    if (position !== ZERO) worth += times(position, engine.ticker(one.engine.symbol, now).last);
  }
  return {
    currency,
    balance: number(total),
    equity: number(total + worth),
    available_funds: number(total - held),
    available_withdrawal_funds: number(total - held),
    initial_margin: number(held),
    maintenance_margin: number(held),
    margin_balance: number(total + worth),
    session_upl: 0,
    session_rpl: 0,
    total_pl: 0,
  };
}

export const accountSummary = (params: Params, account: string, engine: Engine, now: number): object =>
  summaryJson(engine, account, currencyIn(params) ?? 'BTC', now);

export const accountSummaries = (account: string, id: number, engine: Engine, now: number): unknown => ({
  id,
  username: account,
  type: 'main',
  summaries: Object.keys(CURRENCIES).map((currency) => summaryJson(engine, account, currency, now)),
});

/** Average price of all executions on the side of the position: what it was opened at, roughly. */
function averagePrice(engine: Engine, account: string, symbol: string, position: Fixed): number {
  let size = ZERO;
  let value = ZERO;
  for (const execution of engine.executions(account, symbol)) {
    if ((execution.side === 'BUY') !== position > ZERO) continue;
    size += execution.size;
    value += times(execution.size, execution.price);
  }
  return size === ZERO ? 0 : Number(fixedTextAt(over(value, size), 8));
}

function positionJson(one: Instrument, engine: Engine, account: string, now: number): Record<string, unknown> {
  const { symbol } = one.engine;
  const position = positionOf(engine, account, symbol);
  const last = number(engine.ticker(symbol, now).last);
  return {
    instrument_name: one.name,
    kind: one.kind,
    direction: position === ZERO ? 'zero' : position > ZERO ? 'buy' : 'sell',
    size: number(position),
    size_currency: number(position),
    average_price: averagePrice(engine, account, symbol, position),
    mark_price: last,
    index_price: last,
    leverage: 1,
    initial_margin: 0,
    maintenance_margin: 0,
    open_orders_margin: 0,
    floating_profit_loss: 0,
    realized_profit_loss: 0,
    total_profit_loss: 0,
  };
}

export const position = (params: Params, account: string, engine: Engine, now: number): unknown =>
  positionJson(instrumentIn(params), engine, account, now);

export function positions(params: Params, account: string, engine: Engine, now: number): unknown[] {
  const currency = params.has('currency') ? currencyIn(params) : null;
  return INSTRUMENTS.filter((one) => one.kind === 'future' && (currency === null || one.engine.quote === currency))
    .filter((one) => positionOf(engine, account, one.engine.symbol) !== ZERO)
    .map((one) => positionJson(one, engine, account, now));
}
