import { fixedText } from '../../engine/fixed.ts';
import type { SimMarket } from '../../engine/model.ts';
import { marketOf as marketFrom } from '../market-table.ts';

export type Kind = 'spot' | 'future';

/** One instrument: what the engine trades, and how Deribit presents it. */
export interface Instrument {
  readonly name: string;
  readonly kind: Kind;
  readonly engine: SimMarket;
}

const MAXIMUM = '1000000000';

function instrument(name: string, tick: string, least: string, startPrice: string): Instrument {
  const [pair = '', contract] = name.split('-');
  const [base = '', quote = ''] = pair.split('_');
  const spot = marketFrom({
    base,
    quote,
    nativeId: name,
    priceStep: tick,
    sizeStep: least,
    minSize: least,
    maxSize: MAXIMUM,
    minNotional: '0',
    startPrice,
  });
  if (contract === undefined) return { name, kind: 'spot', engine: spot };
  return { name, kind: 'future', engine: { ...spot, symbol: `${spot.symbol}-${contract}`, contract: true } };
}

/** Pairs, and perpetuals that are settled in their quote currency; amounts are in the base currency. */
export const INSTRUMENTS: readonly Instrument[] = [
  instrument('BTC_USDC', '0.01', '0.0001', '60000'),
  instrument('ETH_USDC', '0.01', '0.001', '3000'),
  instrument('SOL_USDC', '0.01', '0.01', '150'),
  instrument('XRP_USDC', '0.0001', '1', '2.2'),
  instrument('BTC_USDT', '0.01', '0.0001', '60000'),
  instrument('ETH_USDT', '0.01', '0.001', '3000'),
  instrument('ETH_BTC', '0.00001', '0.001', '0.05'),
  instrument('BTC_USDC-PERPETUAL', '0.5', '0.0001', '60000'),
  instrument('ETH_USDC-PERPETUAL', '0.05', '0.001', '3000'),
  instrument('SOL_USDC-PERPETUAL', '0.01', '0.1', '150'),
  instrument('XRP_USDC-PERPETUAL', '0.0001', '1', '2.2'),
  instrument('DOGE_USDC-PERPETUAL', '0.00001', '10', '0.17'),
];

const byName = new Map(INSTRUMENTS.map((one) => [one.name, one]));
const bySymbol = new Map(INSTRUMENTS.map((one) => [one.engine.symbol, one]));

export const instrumentNamed = (name: string): Instrument | undefined => byName.get(name);
/** Throws RangeError: a symbol of the engine is always in the table. */
export function instrumentOf(symbol: string): Instrument {
  const found = bySymbol.get(symbol);
  if (found === undefined) throw new RangeError(`no Deribit instrument for ${symbol}`);
  return found;
}

/** The currencies by which lists are asked for. */
export const CURRENCIES: Readonly<Record<string, string>> = {
  BTC: 'Bitcoin',
  ETH: 'Ethereum',
  USDC: 'USD Coin',
  USDT: 'Tether USD',
  EURR: 'StablR Euro',
  SOL: 'Solana',
  XRP: 'XRP',
  DOGE: 'Dogecoin',
};

/**
 * An instrument belongs to the currency that it is settled in. (Which one lists a spot pair is not documented: a client
 * that asks for the other one only finds nothing here.)
 */
export const currencyOf = (one: Instrument): string => one.engine.quote;

export const TAKER_FEE = '0.0005';
const CREATED = 1_650_000_000_000;
const NEVER = 32_503_708_800_000;

export function instrumentJson(one: Instrument): Record<string, unknown> {
  const { base, quote } = one.engine;
  const least = Number(fixedText(one.engine.minSize));
  return {
    instrument_name: one.name,
    instrument_id: INSTRUMENTS.indexOf(one) + 1,
    kind: one.kind,
    base_currency: base,
    counter_currency: quote,
    quote_currency: quote,
    settlement_currency: quote,
    ...(one.kind === 'future'
      ? { settlement_period: 'perpetual', future_type: 'linear', instrument_type: 'linear', max_leverage: 50 }
      : {}),
    is_active: true,
    state: 'open',
    tick_size: Number(fixedText(one.engine.priceStep)),
    tick_size_steps: [],
    min_trade_amount: least,
    contract_size: least,
    taker_commission: Number(TAKER_FEE),
    maker_commission: 0,
    price_index: `${base}_${quote}`.toLowerCase(),
    rfq: false,
    creation_timestamp: CREATED,
    expiration_timestamp: NEVER,
  };
}

export const currencyJson = ([code, name]: readonly [string, string]): Record<string, unknown> => ({
  currency: code,
  currency_long: name,
  coin_type: code,
  network_currency: code,
  min_confirmations: 1,
  min_withdrawal_fee: 0.0001,
  withdrawal_fee: 0.0001,
  withdrawal_priorities: [],
  in_cross_collateral_pool: false,
});
