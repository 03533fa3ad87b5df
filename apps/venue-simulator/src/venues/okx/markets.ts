import type { SimMarket } from '../../engine/model.ts';
import { marketOf } from '../market-table.ts';

/** base, quote, tick, lot, minimum size, start price. OKX's lots are far finer than its minimum sizes; it has no minimum value. */
const ROWS: readonly (readonly [string, string, string, string, string, string])[] = [
  ['BTC', 'USDT', '0.1', '0.00000001', '0.00001', '91248.6'],
  ['ETH', 'USDT', '0.01', '0.000001', '0.0001', '3021.35'],
  ['SOL', 'USDT', '0.01', '0.000001', '0.001', '141.25'],
  ['XRP', 'USDT', '0.0001', '0.000001', '0.1', '2.1183'],
  ['ADA', 'USDT', '0.0001', '0.0001', '1', '0.467'],
  ['DOGE', 'USDT', '0.00001', '0.000001', '10', '0.15831'],
  ['LTC', 'USDT', '0.01', '0.000001', '0.01', '92.6'],
  ['DOT', 'USDT', '0.001', '0.000001', '0.1', '2.741'],
  ['LINK', 'USDT', '0.001', '0.0001', '0.1', '13.417'],
  ['AVAX', 'USDT', '0.001', '0.000001', '0.1', '14.148'],
  ['OKB', 'USDT', '0.01', '0.000001', '0.01', '112.4'],
  ['BTC', 'USDC', '0.1', '0.00000001', '0.00001', '91260.1'],
  ['ETH', 'USDC', '0.01', '0.000001', '0.0001', '3021.8'],
  ['ETH', 'BTC', '0.00001', '0.000001', '0.0001', '0.03311'],
];

export const MARKETS: readonly SimMarket[] = ROWS.map(([base, quote, priceStep, sizeStep, minSize, startPrice]) =>
  marketOf({
    base,
    quote,
    nativeId: `${base}-${quote}`,
    priceStep,
    sizeStep,
    minSize,
    maxSize: '9999999999',
    minNotional: '0',
    startPrice,
  }),
);
