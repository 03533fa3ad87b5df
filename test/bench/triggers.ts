import { decimal } from '@orderplane/domain';
import { TriggerBook, type Armed } from '@orderplane/planner';
import type { Measurement } from './figures.ts';

/** Prices looked at for one sample: one alone is too short to be timed. */
const PRICES = 2_000;

const armedOf = (number: number, price: string, direction: Armed['direction']): Armed => ({
  id: `armed-${number}`,
  exchange: 'binance',
  symbol: 'BTC-USDT',
  source: 'LAST',
  direction,
  price,
  version: 1,
  armedAt: '2026-01-01T00:00:00.000Z',
});

/** Half above and half below the market. */
function bookOf(size: number): TriggerBook {
  const book = new TriggerBook();
  for (let number = 0; number < size; number += 1) {
    const isAbove = number % 2 === 0;
    const price = isAbove ? decimal('110000.01').plus(number) : decimal('89999.99').minus(number);
    book.arm(armedOf(number, price.toFixed(), isAbove ? 'AT_OR_ABOVE' : 'AT_OR_BELOW'));
  }
  return book;
}

const WALK = Array.from({ length: PRICES }, (_, n) => String(100_000 + (n % 200) / 100));

function sample(book: TriggerBook): number {
  const began = performance.now();
  for (const price of WALK) book.reached('LAST', price);
  return ((performance.now() - began) * 1_000) / PRICES;
}

/** A price costs the same whatever waits for prices: with 10,000 triggers armed against two. */
export function measureTriggers(samples: number): Measurement {
  const [ours, floor]: [number[], number[]] = [[], []];
  const [many, few] = [bookOf(10_000), bookOf(2)];
  for (let n = 0; n < 5; n += 1) [many, few].forEach(sample);
  for (let n = 0; n < samples; n += 1) {
    floor.push(sample(few));
    ours.push(sample(many));
  }
  return { name: 'a price, 10,000 armed', unit: 'µs', better: 'lower', bar: 2, ours, floor };
}
