import type { ExchangeCapabilities } from '@orderplane/exchange';
import { multiply } from '@orderplane/domain';
import type { Market } from '../support/desk.ts';
import { between, pick } from '../support/random.ts';
import type { Random } from '../support/random.ts';

/** One way to place an order. One more line here, and clients do it. */
export interface PlacementKind {
  readonly name: string;
  readonly weight: number;
  readonly offered: (can: ExchangeCapabilities) => boolean;
  readonly terms: (market: Market, random: Random) => Readonly<Record<string, unknown>>;
  /** It may rest, so that changing and cancelling it makes sense. */
  readonly rests: boolean;
  /** The exchange may refuse it for what it is. */
  readonly mayBeRefused?: true;
}

const always = (): boolean => true;
const sized = (market: Market, random: Random): string => multiply(market.third, String(between(random, 1, 3)));
const FAR = { BUY: ['0.85', '0.88', '0.9', '0.92'], SELL: ['1.08', '1.1', '1.12', '1.15'] } as const;
const NEAR = { BUY: ['0.985', '0.99', '0.995', '0.998'], SELL: ['1.002', '1.005', '1.01', '1.015'] } as const;
const ACROSS = { BUY: '1.02', SELL: '0.98' } as const;
const side = (random: Random): 'BUY' | 'SELL' => pick(random, ['BUY', 'SELL'] as const);

function limit(market: Market, random: Random, where: typeof FAR | typeof NEAR | 'across') {
  const chosen = side(random);
  const factor = where === 'across' ? ACROSS[chosen] : pick(random, where[chosen]);
  return { type: 'LIMIT', side: chosen, size: sized(market, random), price: market.at(factor) };
}

const inSeconds = (seconds: number): string => new Date(Date.now() + seconds * 1_000).toISOString();

/** A stop that a move of the price triggers now and then. */
function stop(market: Market, random: Random, type: 'STOP_LIMIT' | 'STOP_MARKET') {
  const chosen = side(random);
  const [trigger, price] = chosen === 'BUY' ? ['1.03', '1.04'] : ['0.97', '0.96'];
  const terms = { type, side: chosen, size: sized(market, random), stopPrice: market.at(trigger) };
  return type === 'STOP_LIMIT' ? { ...terms, price: market.at(price) } : terms;
}

export const PLACEMENTS: readonly PlacementKind[] = [
  { name: 'far', weight: 20, offered: always, rests: true, terms: (m, r) => limit(m, r, FAR) },
  { name: 'near', weight: 25, offered: always, rests: true, terms: (m, r) => limit(m, r, NEAR) },
  { name: 'across', weight: 8, offered: always, rests: true, terms: (m, r) => limit(m, r, 'across') },
  {
    ...{ name: 'market', weight: 10, offered: always, rests: false },
    terms: (m, r) => ({ type: 'MARKET', side: side(r), size: sized(m, r) }),
  },
  {
    ...{ name: 'marketByQuote', weight: 5, offered: (can) => can.marketByQuoteSize.BUY, rests: false },
    terms: (_, r) => ({ type: 'MARKET', side: 'BUY', quoteSize: String(between(r, 40, 120)) }),
  },
  {
    ...{ name: 'sellByQuote', weight: 3, offered: (can) => can.marketByQuoteSize.SELL, rests: false },
    terms: (_, r) => ({ type: 'MARKET', side: 'SELL', quoteSize: String(between(r, 40, 120)) }),
  },
  {
    ...{ name: 'ioc', weight: 6, offered: (can) => can.timesInForce.LIMIT.includes('IOC'), rests: false },
    terms: (m, r) => ({ ...limit(m, r, r() < 0.7 ? 'across' : NEAR), timeInForce: 'IOC' }),
  },
  {
    ...{ name: 'fok', weight: 4, offered: (can) => can.timesInForce.LIMIT.includes('FOK'), rests: false },
    terms: (m, r) => ({ ...limit(m, r, r() < 0.7 ? 'across' : NEAR), timeInForce: 'FOK' }),
  },
  {
    ...{ name: 'postOnly', weight: 6, offered: (can) => can.postOnly, rests: true, mayBeRefused: true },
    terms: (m, r) => ({ ...limit(m, r, r() < 0.8 ? NEAR : 'across'), postOnly: true }),
  },
  {
    ...{ name: 'stopLimit', weight: 5, offered: (can) => can.orderTypes.includes('STOP_LIMIT'), rests: true },
    terms: (m, r) => stop(m, r, 'STOP_LIMIT'),
    // Where the price has passed the trigger meanwhile.
    mayBeRefused: true,
  },
  {
    ...{ name: 'stopMarket', weight: 5, offered: (can) => can.orderTypes.includes('STOP_MARKET'), rests: true },
    terms: (m, r) => stop(m, r, 'STOP_MARKET'),
    mayBeRefused: true,
  },
  {
    ...{ name: 'goodTillTime', weight: 6, rests: true },
    offered: (can) => can.emulatesGtt || can.timesInForce.LIMIT.includes('GTT'),
    terms: (m, r) => ({ ...limit(m, r, FAR), timeInForce: 'GTT', expiresAt: inSeconds(between(r, 4, 20)) }),
    // Its time may be over when it can be sent.
    mayBeRefused: true,
  },
];
