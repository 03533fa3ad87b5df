import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { MatchingEngine } from './engine.ts';
import { fixed, fixedText, fixedTextAt, parseFixed, times, ZERO } from './fixed.ts';
import type { EngineEvent, SimOrder } from './model.ts';
import { ACCOUNTS, bench, MARKET, NOW, orderOf } from './testing.ts';
import type { Terms } from './testing.ts';

const price = fc.integer({ min: 9_500, max: 10_500 }).map((cents) => (cents / 100).toFixed(2));
const size = fc.integer({ min: 1, max: 40_000 }).map((milli) => (milli / 1000).toFixed(3));
const common = { account: fc.constantFrom(...ACCOUNTS), side: fc.constantFrom('BUY' as const, 'SELL' as const) };

const terms: fc.Arbitrary<Terms> = fc.oneof(
  fc.record({ ...common, size, price, timeInForce: fc.constantFrom('GTC' as const, 'IOC' as const, 'FOK' as const) }),
  fc.record({ ...common, size, price, postOnly: fc.constant(true) }),
  fc.record({ ...common, size }),
  fc.record({ ...common, quoteSize: size }),
  fc.record({ ...common, size, price, stopPrice: price }),
  fc.record({ ...common, size, stopPrice: price }),
  fc.record({
    ...common,
    size,
    price,
    timeInForce: fc.constant('GTD' as const),
    expiresAt: fc.integer({ min: NOW, max: NOW + 50 }),
  }),
);
type Step =
  | { readonly do: 'place'; readonly terms: Terms }
  | { readonly do: 'cancel' | 'amend'; readonly pick: number; readonly size: string; readonly price: string }
  | { readonly do: 'price'; readonly price: string; readonly size: string | null }
  | { readonly do: 'tick' };
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant('place' as const), terms }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constantFrom('cancel' as const, 'amend' as const), pick: fc.nat(100), size, price }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('price' as const), price, size: fc.option(size) }) },
  { weight: 2, arbitrary: fc.constant({ do: 'tick' as const }) },
);

function run(engine: MatchingEngine, steps: readonly Step[]): void {
  steps.forEach((one, at) => {
    const now = NOW + at;
    if (one.do === 'place') engine.place(orderOf(one.terms), now);
    else if (one.do === 'price')
      engine.setPrice(MARKET.symbol, fixed(one.price), one.size === null ? null : fixed(one.size), now);
    else if (one.do === 'tick') {
      engine.expire(now);
      engine.tick(now + 100_000);
    } else {
      const orders = [...engine.allOrders];
      const picked = orders[one.pick % Math.max(1, orders.length)];
      if (picked === undefined) return;
      if (one.do === 'cancel') engine.cancel(picked.id, now);
      else
        engine.amend(
          picked.id,
          picked.price === null ? { size: fixed(one.size) } : { size: fixed(one.size), price: fixed(one.price) },
          now,
        );
    }
  });
}

function checkAccount(engine: MatchingEngine, account: string): void {
  const base = engine.balances(account).get('AAA');
  const quote = engine.balances(account).get('QQQ');
  let expectedBase = fixed('1000');
  let expectedQuote = fixed('100000');
  for (const one of engine.executions(account)) {
    const sign = one.side === 'BUY' ? 1n : -1n;
    expectedBase += sign * one.size - (one.feeCurrency === 'AAA' ? one.feeCost : ZERO);
    expectedQuote -= sign * times(one.price, one.size) + (one.feeCurrency === 'QQQ' ? one.feeCost : ZERO);
  }
  expect([base?.total, quote?.total]).toEqual([expectedBase, expectedQuote]);
  let heldBase = ZERO;
  let heldQuote = ZERO;
  for (const order of engine.openOrders(account)) {
    if (order.heldAsset === 'AAA') heldBase += order.held;
    else heldQuote += order.held;
  }
  expect([base?.held, quote?.held]).toEqual([heldBase, heldQuote]);
  for (const balance of [base, quote]) expect(balance !== undefined && balance.held <= balance.total).toBe(true);
}

function checkOrder(engine: MatchingEngine, order: SimOrder): void {
  const executions = engine.executionsOf(order.id);
  expect(executions.reduce((total, one) => total + one.size, ZERO)).toBe(order.filledSize);
  expect(executions.reduce((total, one) => total + times(one.price, one.size), ZERO)).toBe(order.filledValue);
  expect(order.filledSize <= order.size).toBe(true);
  if (order.quoteSize !== null) expect(order.filledValue <= order.quoteSize).toBe(true);
  if (order.quoteSize === null) expect(order.status === 'FILLED').toBe(order.filledSize === order.size);
  if (order.status !== 'OPEN') expect(order.held).toBe(ZERO);
  if (order.timeInForce === 'FOK') expect([ZERO, order.size]).toContain(order.filledSize);
  if (order.status === 'OPEN') expect(['GTC', 'GTD']).toContain(order.timeInForce);
}

/** Executions never break the limit that the order had at that moment. */
function limitKeeper(): { readonly listener: (event: EngineEvent) => void; readonly broken: string[] } {
  const broken: string[] = [];
  const listener = (event: EngineEvent): void => {
    if (event.type !== 'trade') return;
    const { order, execution } = event;
    if (order.price === null) return;
    const isWorse = order.side === 'BUY' ? execution.price > order.price : execution.price < order.price;
    if (isWorse || !order.working) broken.push(order.id);
  };
  return { listener, broken };
}

for (const feeIn of ['quote', 'received'] as const) {
  test(`any run conserves balances, keeps limits, and sums up (fees in ${feeIn})`, () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.constantFrom(0, 10), (steps, syntheticLevels) => {
        const { engine, events } = bench({ feeIn, syntheticLevels });
        const keeper = limitKeeper();
        const push = events.push.bind(events);
        events.push = (...items) => {
          items.forEach(keeper.listener);
          return push(...items);
        };
        run(engine, steps);
        expect(keeper.broken).toEqual([]);
        for (const order of engine.allOrders) checkOrder(engine, order);
        for (const account of ACCOUNTS) checkAccount(engine, account);
        const ids = engine.allExecutions.map((one) => one.id);
        expect(new Set(ids).size).toBe(ids.length);
        const { bid, ask } = engine.ticker(MARKET.symbol, NOW);
        const isCrossed =
          bid >= ask &&
          engine
            .openOrders('alice')
            .concat(engine.openOrders('bob'))
            .some((one) => one.working);
        if (syntheticLevels > 0) expect(isCrossed).toBe(false);
      }),
      { numRuns: 150 },
    );
  });
}

test('what is restored from the records is what was', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const { engine } = bench({ syntheticLevels: 10 });
      run(engine, steps);
      const twin = bench({ syntheticLevels: 10 }).engine;
      twin.reset();
      twin.restore(engine.records());
      expect([...twin.allOrders]).toEqual([...engine.allOrders]);
      expect(twin.allExecutions).toEqual(engine.allExecutions);
      for (const account of ACCOUNTS) {
        expect(twin.balances(account)).toEqual(engine.balances(account));
        expect(twin.endedOrders(account)).toEqual(engine.endedOrders(account));
        expect(twin.openOrders(account)).toEqual(engine.openOrders(account));
      }
      const sweep = (one: MatchingEngine): unknown => {
        one.setPrice(MARKET.symbol, fixed('99'), fixed('25'), NOW);
        one.place(orderOf({ side: 'BUY', size: '40', price: '130', account: 'bob' }), NOW);
        return [one.openOrders('alice'), one.openOrders('bob').map((order) => [order.id, order.filledSize])];
      };
      const { engine: first } = bench({ syntheticLevels: 0 });
      const { engine: second } = bench({ syntheticLevels: 0 });
      run(first, steps);
      second.reset();
      second.restore(first.records());
      expect(sweep(second)).toEqual(sweep(first));
    }),
    { numRuns: 50 },
  );
});

test('fixed-point text is exact in both directions', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(10n ** 40n), max: 10n ** 40n }), (value) => {
      expect(parseFixed(fixedText(value))).toBe(value);
      expect(fixedText(value)).not.toMatch(/e|\.$|\.\d*0$/);
    }),
  );
  expect(fixedTextAt(fixed('0.123456789'), 8)).toBe('0.12345678');
  expect([parseFixed('1e5'), parseFixed(''), parseFixed('1.2.3'), parseFixed('NaN')]).toEqual([null, null, null, null]);
});
