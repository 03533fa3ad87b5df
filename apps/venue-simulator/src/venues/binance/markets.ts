import type { SimMarket } from '../../engine/model.ts';
import { marketOf } from '../market-table.ts';

/** base, quote, price step, size step, maximum size, start price. Minimum size is one step, minimum notional 5. */
const ROWS: readonly (readonly [string, string, string, string, string, string])[] = [
  ['BTC', 'USDT', '0.01', '0.00001', '9000', '91250.5'],
  ['ETH', 'USDT', '0.01', '0.0001', '9000', '3021.4'],
  ['SOL', 'USDT', '0.01', '0.001', '90000', '141.27'],
  ['XRP', 'USDT', '0.0001', '0.1', '9222449', '2.1184'],
  ['ADA', 'USDT', '0.0001', '0.1', '900000', '0.4671'],
  ['DOGE', 'USDT', '0.00001', '1', '9000000', '0.15832'],
  ['LTC', 'USDT', '0.01', '0.001', '90000', '92.61'],
  ['DOT', 'USDT', '0.001', '0.01', '90000', '2.742'],
  ['LINK', 'USDT', '0.01', '0.01', '90000', '13.42'],
  ['AVAX', 'USDT', '0.01', '0.01', '90000', '14.15'],
  ['BNB', 'USDT', '0.01', '0.001', '9000', '903.8'],
  ['BTC', 'USDC', '0.01', '0.00001', '9000', '91262.3'],
  ['ETH', 'USDC', '0.01', '0.0001', '9000', '3021.9'],
  ['ETH', 'BTC', '0.00001', '0.0001', '9000', '0.03311'],
];

export const MARKETS: readonly SimMarket[] = ROWS.map(([base, quote, priceStep, sizeStep, maxSize, startPrice]) =>
  marketOf({
    base,
    quote,
    nativeId: `${base}${quote}`,
    priceStep,
    sizeStep,
    minSize: sizeStep,
    maxSize,
    minNotional: quote === 'BTC' ? '0.0001' : '5',
    startPrice,
  }),
);
