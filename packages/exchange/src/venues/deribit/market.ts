import { canonicalDecimal, compare } from '@orderplane/domain';
import type { Market } from '@orderplane/domain';
import { joinSymbol, perpetualOf } from '@orderplane/normalization';
import { endpoint } from '../../ccxt.ts';
import type { CcxtInstance, CcxtMarket } from '../../ccxt.ts';
import { isRecord } from '../../outcome.ts';

function positive(value: unknown): string | null {
  if (typeof value !== 'string' && typeof value !== 'number') return null;
  if (value === '') return null;
  const exact = canonicalDecimal(value);
  return compare(exact, '0') > 0 ? exact : null;
}

/**
 * Pairs, and perpetuals that are settled in their quote: amounts of both are in the base currency. Left out are
 * contracts settled in their base ("BTC-PERPETUAL": amounts in US dollars, so that size × price is not their worth),
 * contracts with an expiry, options and combinations.
 */
function symbolOf({ info, base, quote }: CcxtMarket): string | null {
  const { kind, settlement_period, settlement_currency, counter_currency } = info;
  if (kind === 'spot') return joinSymbol(base, quote);
  const isLinear = settlement_currency === counter_currency && settlement_currency !== undefined;
  const isPerpetual = kind === 'future' && settlement_period === 'perpetual' && isLinear;
  return isPerpetual ? perpetualOf(joinSymbol(base, quote)) : null;
}

/** Amounts are multiples of the least amount, prices of the tick; there is no least worth. */
export function deribitMarket(native: CcxtMarket): Market | null {
  const symbol = symbolOf(native);
  const priceStep = positive(native.info['tick_size']) ?? positive(native.precision.price);
  const least = positive(native.info['min_trade_amount']) ?? positive(native.precision.amount);
  if (symbol === null || priceStep === null || least === null) return null;
  const { state } = native.info;
  return {
    exchange: 'deribit',
    symbol,
    base: native.base,
    quote: native.quote,
    nativeId: native.id,
    unifiedSymbol: native.symbol,
    priceStep,
    sizeStep: least,
    minSize: least,
    maxSize: null,
    minNotional: null,
    quoteStep: null,
    active: native.active !== false && (typeof state !== 'string' || state === 'open'),
  };
}

const KINDS = ['spot', 'future'];

/**
 * ccxt asks for all instruments at once: thousands, nearly all of them options. Only the kinds among which ours are get
 * asked for. ("any" is the currency that stands for all, documentation.)
 */
export function listWithoutOptions(instance: CcxtInstance): void {
  const name = 'publicGetGetInstruments';
  const list = endpoint(instance, name);
  const replaced = async (parameters: Readonly<Record<string, unknown>> = {}): Promise<unknown> => {
    const answers = await Promise.all(KINDS.map((kind) => list({ currency: 'any', ...parameters, kind })));
    const result = answers.flatMap((answer): readonly unknown[] =>
      isRecord(answer) && Array.isArray(answer['result']) ? answer['result'] : [],
    );
    return { ...(isRecord(answers[0]) ? answers[0] : {}), result };
  };
  Object.assign(instance, { [name]: replaced });
}
