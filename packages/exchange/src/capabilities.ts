import { isStop, type ExchangeId, type OrderSpec } from '@orderplane/domain';
import { isContractSymbol } from '@orderplane/normalization';
import type { ExchangeCapabilities } from './adapter.ts';
import { binanceCapabilities } from './venues/binance/capabilities.ts';
import { coinbaseCapabilities } from './venues/coinbase/capabilities.ts';
import { deribitCapabilities } from './venues/deribit/capabilities.ts';
import { krakenCapabilities } from './venues/kraken/capabilities.ts';
import { kucoinCapabilities } from './venues/kucoin/capabilities.ts';
import { mexcCapabilities } from './venues/mexc/capabilities.ts';
import { okxCapabilities } from './venues/okx/capabilities.ts';

export type { ExchangeCapabilities } from './adapter.ts';
export { drawCredentials } from './draw-credentials.ts';
export { isContractSymbol } from '@orderplane/normalization';

/** What each exchange can do, as data: readable without an instance, without credentials and without loading ccxt. */
export const CAPABILITIES: Readonly<Record<ExchangeId, ExchangeCapabilities>> = {
  binance: binanceCapabilities,
  kraken: krakenCapabilities,
  coinbase: coinbaseCapabilities,
  kucoin: kucoinCapabilities,
  mexc: mexcCapabilities,
  okx: okxCapabilities,
  deribit: deribitCapabilities,
};

export const capabilitiesOf = (exchange: ExchangeId): ExchangeCapabilities => CAPABILITIES[exchange];

/** True where the exchange itself ends the order at its time; otherwise a timer and a cancel do (if `emulatesGtt`). */
export const expiresNatively = (
  capabilities: ExchangeCapabilities,
  spec: Pick<OrderSpec, 'type' | 'timeInForce'>,
): boolean => spec.timeInForce === 'GTT' && capabilities.timesInForce[spec.type].includes('GTT');

export interface Unsupported {
  readonly field: keyof OrderSpec;
  readonly reason: string;
}

/**
 * Why this exchange can't take the order as specified, or null. Combinations that its table does not list are refused
 * here, because the client library passes unknown flags along and a plain order goes out at once.
 */
export function unsupported(capabilities: ExchangeCapabilities, spec: OrderSpec): Unsupported | null {
  const { name } = capabilities;
  if (!capabilities.orderTypes.includes(spec.type)) {
    return { field: 'type', reason: `${name} has no ${spec.type} orders` };
  }
  return shapeProblem(spec) ?? timeProblem(capabilities, spec) ?? flagProblem(capabilities, spec);
}

const hasLimit = (spec: OrderSpec): boolean => spec.type === 'LIMIT' || spec.type === 'STOP_LIMIT';

/** Terms that contradict the type: sent along, they would become another order. */
function shapeProblem(spec: OrderSpec): Unsupported | null {
  if (hasLimit(spec) !== (spec.price !== null)) {
    return { field: 'price', reason: `a ${spec.type} order ${hasLimit(spec) ? 'needs a' : 'takes no'} price` };
  }
  if (isStop(spec) !== (spec.stopPrice !== null)) {
    return { field: 'stopPrice', reason: `a ${spec.type} order ${isStop(spec) ? 'needs a' : 'takes no'} stop price` };
  }
  if ((spec.size === null) === (spec.quoteSize === null)) {
    return { field: 'size', reason: 'exactly one of size and quote size is needed' };
  }
  return null;
}

function timeProblem(capabilities: ExchangeCapabilities, spec: OrderSpec): Unsupported | null {
  const { timeInForce, type } = spec;
  if ((timeInForce === 'GTT') !== (spec.expiresAt !== null)) {
    return { field: 'expiresAt', reason: 'GTT, and only GTT, needs an expiry' };
  }
  const native = capabilities.timesInForce[type];
  if (native.includes(timeInForce) || timeInForce === 'GTC') return null;
  if (timeInForce === 'GTT' && type !== 'MARKET' && capabilities.emulatesGtt) return null;
  return { field: 'timeInForce', reason: `${capabilities.name} takes no ${timeInForce} on ${type} orders` };
}

function flagProblem(capabilities: ExchangeCapabilities, spec: OrderSpec): Unsupported | null {
  const { name } = capabilities;
  if (spec.quoteSize !== null && (spec.type !== 'MARKET' || !capabilities.marketByQuoteSize[spec.side])) {
    return { field: 'quoteSize', reason: `${name} takes no quote size on ${spec.side} ${spec.type} orders` };
  }
  if (spec.reduceOnly && !(capabilities.reduceOnly && isContractSymbol(spec.symbol))) {
    return { field: 'reduceOnly', reason: `${name} has no reduce-only on spot` };
  }
  if (!spec.postOnly) return null;
  const possible = capabilities.postOnly && spec.type === 'LIMIT' && ['GTC', 'GTT'].includes(spec.timeInForce);
  return possible ? null : { field: 'postOnly', reason: `${name} takes post-only on resting LIMIT orders only` };
}
