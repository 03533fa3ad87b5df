import type { SimMarket } from '../../engine/model.ts';
import { marketOf } from '../market-table.ts';

/** base, quote, price step, size step, minimum size, start price. The minimum value is 1 of the quote currency. */
const ROWS: readonly (readonly [string, string, string, string, string, string])[] = [
  ['BTC', 'USDT', '0.01', '0.00000001', '0.000001', '91249.8'],
  ['ETH', 'USDT', '0.01', '0.00001', '0.0001', '3021.35'],
  ['SOL', 'USDT', '0.01', '0.001', '0.001', '141.25'],
  ['XRP', 'USDT', '0.0001', '0.01', '0.01', '2.1183'],
  ['ADA', 'USDT', '0.0001', '0.01', '0.01', '0.467'],
  ['DOGE', 'USDT', '0.00001', '0.01', '0.01', '0.15831'],
  ['LTC', 'USDT', '0.01', '0.0001', '0.001', '92.6'],
  ['DOT', 'USDT', '0.001', '0.01', '0.01', '2.742'],
  ['LINK', 'USDT', '0.001', '0.01', '0.01', '13.418'],
  ['AVAX', 'USDT', '0.001', '0.01', '0.01', '14.148'],
  ['MX', 'USDT', '0.0001', '0.01', '0.01', '2.0847'],
  ['BNB', 'USDT', '0.01', '0.0001', '0.001', '903.7'],
  ['BTC', 'USDC', '0.01', '0.000001', '0.000001', '91260.4'],
  ['ETH', 'USDC', '0.01', '0.00001', '0.0001', '3021.7'],
  ['ETH', 'BTC', '0.000001', '0.0001', '0.0001', '0.033109'],
];

/** Largest value of one order, in the quote currency. */
export const MAX_QUOTE_AMOUNT: Readonly<Record<string, string>> = { USDT: '4000000', USDC: '2000000', BTC: '20' };

/** Markets that take no market orders through the API. */
export const WITHOUT_MARKET_ORDERS: ReadonlySet<string> = new Set(['MXUSDT']);

export const MARKETS: readonly SimMarket[] = ROWS.map(([base, quote, priceStep, sizeStep, minSize, startPrice]) =>
  marketOf({
    base,
    quote,
    nativeId: `${base}${quote}`,
    priceStep,
    sizeStep,
    minSize,
    maxSize: '1000000000',
    minNotional: quote === 'BTC' ? '0.00001' : '1',
    startPrice,
  }),
);
