import { randomUUID } from 'node:crypto';
import { divide } from '@orderplane/domain';
import type { Market } from '../support/desk.ts';
import type { Exchange } from '../support/system.ts';

export type Terms = Record<string, unknown>;
/** One wrong order, and what is answered. */
export interface Refusal {
  readonly what: string;
  /** Changes the terms of a good limit order; undefined takes a field away. */
  readonly terms: (market: Market) => Terms;
  readonly code: string;
  readonly field: string | null;
  readonly only?: Exchange;
}
const DAY_MS = 86_400_000;
const market = { type: 'MARKET', price: undefined };
const stop = { type: 'STOP_LIMIT' };

/** What is wrong with an order by itself, or for its market or exchange. */
export const REFUSALS: readonly Refusal[] = [
  { what: 'unknown symbol', terms: () => ({ symbol: 'NO-SUCH' }), code: 'INVALID_INPUT', field: 'symbol' },
  {
    what: "the exchange's own name of a symbol",
    terms: () => ({ symbol: 'BTCUSDT' }),
    code: 'INVALID_INPUT',
    field: 'symbol',
  },
  { what: 'empty symbol', terms: () => ({ symbol: '' }), code: 'INVALID_INPUT', field: 'symbol' },
  { what: 'zero size', terms: () => ({ size: '0' }), code: 'INVALID_INPUT', field: 'size' },
  { what: 'negative size', terms: () => ({ size: '-1' }), code: 'INVALID_INPUT', field: 'size' },
  { what: 'size with an exponent', terms: () => ({ size: '1e-3' }), code: 'INVALID_INPUT', field: 'size' },
  { what: 'size that is no number', terms: () => ({ size: 'much' }), code: 'INVALID_INPUT', field: 'size' },
  { what: 'over-precise size', terms: (m) => ({ size: `${m.size}1` }), code: 'PRECISION', field: 'size' },
  { what: 'zero price', terms: () => ({ price: '0' }), code: 'INVALID_INPUT', field: 'price' },
  { what: 'negative price', terms: () => ({ price: '-5' }), code: 'INVALID_INPUT', field: 'price' },
  {
    what: 'over-precise price',
    terms: (m) => ({ price: divide(m.priceStep, '10') }),
    code: 'PRECISION',
    field: 'price',
  },
  { what: 'below the minimum size', terms: (m) => ({ size: m.sizeStep }), code: 'MIN_NOTIONAL', field: 'size' },
  { what: 'below the minimum notional', terms: (m) => ({ price: m.priceStep }), code: 'MIN_NOTIONAL', field: 'size' },
  {
    what: 'quote size below the minimum',
    terms: () => ({ ...market, size: undefined, quoteSize: '0.1' }),
    code: 'MIN_NOTIONAL',
    field: 'quoteSize',
  },
  { what: 'limit without a price', terms: () => ({ price: undefined }), code: 'INVALID_INPUT', field: 'price' },
  { what: 'market with a price', terms: () => ({ type: 'MARKET' }), code: 'INVALID_INPUT', field: 'price' },
  {
    what: 'limit with a stop price',
    terms: (m) => ({ stopPrice: m.at('1.1') }),
    code: 'INVALID_INPUT',
    field: 'stopPrice',
  },
  { what: 'stop without a stop price', terms: () => stop, code: 'INVALID_INPUT', field: 'stopPrice' },
  {
    what: 'stop-limit without a price',
    terms: (m) => ({ ...stop, price: undefined, stopPrice: m.at('1.1') }),
    code: 'INVALID_INPUT',
    field: 'price',
  },
  {
    what: 'over-precise stop price',
    terms: (m) => ({ ...stop, stopPrice: `${m.at('1.1')}${m.at('1.1').includes('.') ? '' : '.'}0000000001` }),
    code: 'PRECISION',
    field: 'stopPrice',
  },
  { what: 'no size at all', terms: () => ({ size: undefined }), code: 'INVALID_INPUT', field: 'size' },
  {
    what: 'size and quote size',
    terms: () => ({ ...market, quoteSize: '100' }),
    code: 'INVALID_INPUT',
    field: 'quoteSize',
  },
  {
    what: 'quote size on a limit order',
    terms: () => ({ size: undefined, quoteSize: '100' }),
    code: 'INVALID_INPUT',
    field: 'quoteSize',
  },
  {
    what: 'quote size where the exchange has none',
    terms: () => ({ ...market, side: 'SELL', size: undefined, quoteSize: '100' }),
    code: 'UNSUPPORTED_BY_EXCHANGE',
    field: 'quoteSize',
    only: 'kraken',
  },
  { what: 'GTT without expiry', terms: () => ({ timeInForce: 'GTT' }), code: 'INVALID_INPUT', field: 'expiresAt' },
  {
    what: 'GTT in the past',
    terms: () => ({ timeInForce: 'GTT', expiresAt: new Date(Date.now() - 1_000).toISOString() }),
    code: 'INVALID_INPUT',
    field: 'expiresAt',
  },
  {
    what: 'GTT in years',
    terms: () => ({ timeInForce: 'GTT', expiresAt: new Date(Date.now() + 900 * DAY_MS).toISOString() }),
    code: 'INVALID_INPUT',
    field: 'expiresAt',
  },
  {
    what: 'an expiry that is no instant',
    terms: () => ({ timeInForce: 'GTT', expiresAt: 'tomorrow' }),
    code: 'INVALID_INPUT',
    field: 'expiresAt',
  },
  {
    what: 'expiry on GTC',
    terms: () => ({ expiresAt: new Date(Date.now() + DAY_MS).toISOString() }),
    code: 'INVALID_INPUT',
    field: 'expiresAt',
  },
  {
    what: 'FOK market order',
    terms: () => ({ ...market, timeInForce: 'FOK' }),
    code: 'INVALID_INPUT',
    field: 'timeInForce',
  },
  {
    what: 'post-only that must not rest',
    terms: () => ({ postOnly: true, timeInForce: 'IOC' }),
    code: 'INVALID_INPUT',
    field: 'postOnly',
  },
  {
    what: 'IOC stop where the exchange has none',
    terms: (m) => ({ ...stop, stopPrice: m.at('1.1'), timeInForce: 'IOC' }),
    code: 'UNSUPPORTED_BY_EXCHANGE',
    field: 'timeInForce',
    only: 'kraken',
  },
  {
    what: 'reduce-only on spot',
    terms: () => ({ reduceOnly: true }),
    code: 'UNSUPPORTED_BY_EXCHANGE',
    field: 'reduceOnly',
  },
  {
    what: 'an account id that is none',
    terms: () => ({ accountId: 'no id at all' }),
    code: 'INVALID_INPUT',
    field: 'accountId',
  },
  { what: 'an unknown account', terms: () => ({ accountId: randomUUID() }), code: 'NOT_FOUND', field: 'accountId' },
  {
    what: 'a client order id with spaces',
    terms: () => ({ clientOrderId: 'my order' }),
    code: 'INVALID_INPUT',
    field: 'clientOrderId',
  },
  {
    what: 'a client order id of 65 characters',
    terms: () => ({ clientOrderId: 'x'.repeat(65) }),
    code: 'INVALID_INPUT',
    field: 'clientOrderId',
  },
];
