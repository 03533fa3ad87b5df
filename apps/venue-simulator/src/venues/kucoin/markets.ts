import type { SimMarket } from '../../engine/model.ts';
import { fixedText } from '../../engine/fixed.ts';
import { marketOf } from '../market-table.ts';

interface Row {
  readonly base: string;
  readonly quote: string;
  readonly priceIncrement: string;
  readonly baseIncrement: string;
  readonly quoteIncrement: string;
  readonly baseMinSize: string;
  readonly startPrice: string;
}

/** base, quote, price step, size step, step of amounts in quote, smallest size, start price. */
const TABLE: readonly (readonly [string, string, string, string, string, string, string])[] = [
  ['BTC', 'USDT', '0.1', '0.00000001', '0.000001', '0.00001', '91250.5'],
  ['ETH', 'USDT', '0.01', '0.0000001', '0.000001', '0.0001', '3021.4'],
  ['SOL', 'USDT', '0.001', '0.0001', '0.000001', '0.01', '141.27'],
  ['XRP', 'USDT', '0.00001', '0.0001', '0.000001', '0.1', '2.1184'],
  ['ADA', 'USDT', '0.0001', '0.0001', '0.000001', '0.1', '0.4671'],
  ['DOGE', 'USDT', '0.00001', '0.0001', '0.000001', '1', '0.15832'],
  ['LTC', 'USDT', '0.01', '0.0001', '0.000001', '0.001', '92.61'],
  ['DOT', 'USDT', '0.0001', '0.0001', '0.000001', '0.1', '2.742'],
  ['LINK', 'USDT', '0.0001', '0.0001', '0.000001', '0.01', '13.42'],
  ['AVAX', 'USDT', '0.001', '0.0001', '0.000001', '0.01', '14.15'],
  ['KCS', 'USDT', '0.001', '0.0001', '0.000001', '0.01', '11.36'],
  ['BNB', 'USDT', '0.01', '0.0001', '0.000001', '0.001', '903.8'],
  ['BTC', 'USDC', '0.1', '0.00000001', '0.000001', '0.00001', '91262.3'],
  ['ETH', 'USDC', '0.01', '0.0000001', '0.000001', '0.0001', '3021.9'],
  ['ETH', 'BTC', '0.00001', '0.0000001', '0.00000001', '0.0001', '0.03311'],
];

const ROWS: readonly Row[] = TABLE.map(
  ([base, quote, priceIncrement, baseIncrement, quoteIncrement, baseMinSize, startPrice]) => ({
    base,
    quote,
    priceIncrement,
    baseIncrement,
    quoteIncrement,
    baseMinSize,
    startPrice,
  }),
);

const MAX_SIZE = '10000000000';
const minimumFunds = (row: Row): string => (row.quote === 'BTC' ? '0.000001' : '0.1');

export const MARKETS: readonly SimMarket[] = ROWS.map((row) =>
  marketOf({
    base: row.base,
    quote: row.quote,
    nativeId: `${row.base}-${row.quote}`,
    priceStep: row.priceIncrement,
    sizeStep: row.baseIncrement,
    minSize: row.baseMinSize,
    maxSize: MAX_SIZE,
    minNotional: minimumFunds(row),
    startPrice: row.startPrice,
  }),
);

/** GET /api/v2/symbols, with the rules as they are now. */
export const nativeSymbols = (): readonly object[] =>
  ROWS.map((row, index) => ({
    symbol: `${row.base}-${row.quote}`,
    name: `${row.base}-${row.quote}`,
    baseCurrency: row.base,
    quoteCurrency: row.quote,
    feeCurrency: row.quote,
    market: row.quote === 'BTC' ? 'BTC' : 'USDS',
    baseMinSize: fixedText(MARKETS[index]?.minSize ?? 0n),
    quoteMinSize: minimumFunds(row),
    baseMaxSize: MAX_SIZE,
    quoteMaxSize: '99999999',
    baseIncrement: row.baseIncrement,
    quoteIncrement: row.quoteIncrement,
    priceIncrement: row.priceIncrement,
    priceLimitRate: '0.1',
    minFunds: fixedText(MARKETS[index]?.minNotional ?? 0n),
    isMarginEnabled: false,
    enableTrading: true,
    feeCategory: 1,
    makerFeeCoefficient: '1.00',
    takerFeeCoefficient: '1.00',
    st: false,
  }));

const quoteIncrements = new Map(ROWS.map((row) => [`${row.base}-${row.quote}`, row.quoteIncrement]));
export const quoteIncrementOf = (market: SimMarket): string =>
  quoteIncrements.get(market.nativeId) ?? fixedText(market.priceStep);

/** GET /api/v3/currencies. */
export const CURRENCIES: readonly object[] = [...new Set(ROWS.flatMap((row) => [row.base, row.quote]))].map(
  (currency) => ({
    currency,
    name: currency,
    fullName: currency,
    precision: 8,
    confirms: null,
    contractAddress: null,
    isMarginEnabled: false,
    isDebitEnabled: false,
    chains: [],
  }),
);
