import { describe, expect, test } from 'vitest';
import { fixed, fixedText, ONE } from './fixed.ts';
import { MARKET, NOW, bench, orderOf } from './testing.ts';

const text = (value: bigint | null): string | null => (value === null ? null : fixedText(value));
const SYMBOL = MARKET.symbol;

describe('price-time priority', () => {
  test('the better price first, at one price the older order first, each at the price of the order at rest', () => {
    const { accept, engine } = bench();
    const dear = accept({ account: 'bob', side: 'SELL', size: '1', price: '100.02' });
    const first = accept({ account: 'bob', side: 'SELL', size: '1', price: '100.01' });
    const second = accept({ account: 'bob', side: 'SELL', size: '1', price: '100.01' });
    const taker = accept({ side: 'BUY', size: '2.5', price: '101' });
    const trades = engine.executionsOf(taker.id).map((one) => [fixedText(one.price), fixedText(one.size)]);
    expect(trades).toEqual([
      ['100.01', '1'],
      ['100.01', '1'],
      ['100.02', '0.5'],
    ]);
    expect([first.status, second.status, dear.status, taker.status]).toEqual(['FILLED', 'FILLED', 'OPEN', 'FILLED']);
    expect(text(dear.filledSize)).toBe('0.5');
  });

  test('an amended order keeps its place only when its size shrinks', () => {
    const { accept, engine } = bench();
    const one = accept({ account: 'bob', side: 'SELL', size: '2', price: '100' });
    const two = accept({ account: 'bob', side: 'SELL', size: '2', price: '100' });
    expect(engine.amend(one.id, { size: ONE }, NOW).ok).toBe(true);
    accept({ side: 'BUY', size: '1', price: '100' });
    expect([one.status, two.status]).toEqual(['FILLED', 'OPEN']);
    const three = accept({ account: 'bob', side: 'SELL', size: '1', price: '100' });
    engine.amend(two.id, { size: fixed('3') }, NOW);
    accept({ side: 'BUY', size: '1', price: '100' });
    expect([two.filledSize, three.status]).toEqual([0n, 'FILLED']);
  });

  test('places in the queue outlive a restart', () => {
    const { accept, engine } = bench();
    const one = accept({ account: 'bob', side: 'SELL', size: '1', price: '100' });
    const two = accept({ account: 'bob', side: 'SELL', size: '1', price: '100' });
    const three = accept({ account: 'bob', side: 'SELL', size: '1', price: '100' });
    engine.amend(one.id, { size: fixed('2') }, NOW);
    const { engine: again } = bench();
    again.reset();
    again.restore(engine.records());
    again.place(orderOf({ side: 'BUY', size: '2.5', price: '100' }), NOW);
    const filled = [one, two, three].map((order) => text(again.order(order.id)?.filledSize ?? null));
    expect(filled).toEqual(['0.5', '1', '1']);
  });

  test('each side of a trade has its own id, maker and taker pay their own fee', () => {
    const { accept, engine } = bench();
    const maker = accept({ account: 'bob', side: 'SELL', size: '1', price: '100' });
    const taker = accept({ side: 'BUY', size: '1', price: '100' });
    const sides = [...engine.executionsOf(maker.id), ...engine.executionsOf(taker.id)];
    expect(new Set(sides.map((one) => one.id)).size).toBe(2);
    expect(sides.map((one) => [one.maker, fixedText(one.feeCost), one.feeCurrency])).toEqual([
      [true, '0.1', 'QQQ'],
      [false, '0.2', 'QQQ'],
    ]);
  });

  test('an account may trade with itself', () => {
    const { accept } = bench();
    accept({ side: 'SELL', size: '1', price: '100' });
    expect(accept({ side: 'BUY', size: '1', price: '100' }).status).toBe('FILLED');
  });
});

describe('times in force', () => {
  test('IOC: what is not filled at once expires', () => {
    const { accept } = bench();
    accept({ account: 'bob', side: 'SELL', size: '1', price: '100' });
    const order = accept({ side: 'BUY', size: '3', price: '100', timeInForce: 'IOC' });
    expect([order.status, order.endReason, text(order.filledSize), text(order.held)]).toEqual([
      'EXPIRED',
      'ioc',
      '1',
      '0',
    ]);
  });

  test('FOK: all or nothing', () => {
    const { accept, engine } = bench();
    accept({ account: 'bob', side: 'SELL', size: '1', price: '100' });
    const tooMuch = accept({ side: 'BUY', size: '1.001', price: '100', timeInForce: 'FOK' });
    expect([tooMuch.status, tooMuch.endReason, engine.executionsOf(tooMuch.id).length]).toEqual(['EXPIRED', 'fok', 0]);
    expect(accept({ side: 'BUY', size: '1', price: '100', timeInForce: 'FOK' }).status).toBe('FILLED');
  });

  test('GTD: ends when its time is over, filled or not, stop or not', () => {
    const { accept, engine } = bench();
    const limit = accept({ side: 'BUY', size: '1', price: '99', timeInForce: 'GTD', expiresAt: NOW + 1_000 });
    const stop = accept({
      side: 'BUY',
      size: '1',
      price: '120',
      stopPrice: '110',
      timeInForce: 'GTD',
      expiresAt: NOW + 2_000,
    });
    engine.expire(NOW + 999);
    expect(limit.status).toBe('OPEN');
    engine.expire(NOW + 1_000);
    expect([limit.status, limit.endReason, stop.status]).toEqual(['EXPIRED', 'expired', 'OPEN']);
    engine.expire(NOW + 2_000);
    expect([stop.status, engine.balances('alice').get('QQQ')?.held]).toEqual(['EXPIRED', 0n]);
  });

  test('a market order without liquidity expires', () => {
    const { accept } = bench();
    const order = accept({ side: 'SELL', size: '1' });
    expect([order.status, order.endReason]).toEqual(['EXPIRED', 'noLiquidity']);
  });
});

describe('post-only', () => {
  test('refused when it would take, or accepted and cancelled where the venue does so', () => {
    const { accept, place, engine } = bench();
    accept({ account: 'bob', side: 'SELL', size: '1', price: '100' });
    expect(place({ side: 'BUY', size: '1', price: '100', postOnly: true })).toEqual({
      ok: false,
      refusal: 'wouldTake',
    });
    const cancelled = accept({
      side: 'BUY',
      size: '1',
      price: '100',
      postOnly: true,
      options: { onPostOnlyCross: 'cancel' },
    });
    expect([cancelled.status, cancelled.endReason]).toEqual(['CANCELLED', 'postOnly']);
    const resting = accept({ side: 'BUY', size: '1', price: '99.99', postOnly: true });
    expect(resting.status).toBe('OPEN');
    expect(engine.amend(resting.id, { price: fixed('100') }, NOW)).toEqual({ ok: false, refusal: 'wouldTake' });
  });
});

describe('stops', () => {
  test('wait, trigger by the last price, then work', () => {
    const { accept, engine, events } = bench();
    const stop = accept({ side: 'BUY', size: '1', price: '105', stopPrice: '102' });
    expect([stop.working, stop.status]).toEqual([false, 'OPEN']);
    engine.setPrice(SYMBOL, fixed('101.99'), null, NOW);
    expect(stop.working).toBe(false);
    engine.setPrice(SYMBOL, fixed('102'), null, NOW + 5);
    expect([stop.working, stop.triggeredAt, stop.status]).toEqual([true, NOW + 5, 'OPEN']);
    expect(events.filter((event) => event.type === 'triggered')).toHaveLength(1);
    const [open] = engine.openOrders('alice');
    expect(open?.id).toBe(stop.id);
  });

  test('one on the wrong side is refused, or works at once where the venue does so', () => {
    const { place, accept } = bench();
    expect(place({ side: 'SELL', size: '1', stopPrice: '101' })).toEqual({ ok: false, refusal: 'wouldTrigger' });
    const stop = accept({
      side: 'SELL',
      size: '1',
      price: '99',
      stopPrice: '101',
      options: { onImmediateTrigger: 'trigger' },
    });
    expect(stop.working).toBe(true);
  });

  test('a trade of one stop triggers the next', () => {
    const { accept } = bench();
    accept({ account: 'bob', side: 'BUY', size: '1', price: '99' });
    accept({ account: 'bob', side: 'BUY', size: '5', price: '95' });
    const first = accept({ side: 'SELL', size: '1', stopPrice: '99' });
    const second = accept({ side: 'SELL', size: '1', stopPrice: '95.5' });
    accept({ side: 'SELL', size: '1' });
    expect([first.status, second.status]).toEqual(['FILLED', 'FILLED']);
  });

  test('a triggered market stop trades no further than its funds go', () => {
    const { accept, engine } = bench();
    accept({ account: 'bob', side: 'SELL', size: '1000', price: '150' });
    const stop = accept({ side: 'BUY', size: '900', stopPrice: '105' });
    engine.setPrice(SYMBOL, fixed('105'), null, NOW);
    expect([stop.status, stop.endReason]).toEqual(['EXPIRED', 'noFunds']);
    const left = engine.balances('alice').get('QQQ');
    expect(left !== undefined && left.total >= 0n && left.held === 0n && left.total < fixed('0.5')).toBe(true);
  });
});

describe('orders by amount', () => {
  test('a purchase spends at most the amount and is filled when less than a step is left', () => {
    const { accept } = bench();
    accept({ account: 'bob', side: 'SELL', size: '5', price: '33.33' });
    const order = accept({ side: 'BUY', quoteSize: '100' });
    expect([order.status, text(order.filledSize), text(order.size), text(order.filledValue)]).toEqual([
      'FILLED',
      '3',
      '3',
      '99.99',
    ]);
  });

  test('more than what is on offer expires', () => {
    const { accept } = bench();
    accept({ account: 'bob', side: 'SELL', size: '1', price: '33.33' });
    const order = accept({ side: 'BUY', quoteSize: '100' });
    expect([order.status, order.endReason, text(order.filledValue)]).toEqual(['EXPIRED', 'noLiquidity', '33.33']);
  });
});

describe('funds', () => {
  test('an open order sets its worst cost aside and gives the rest back', () => {
    const { accept, engine } = bench();
    const order = accept({ side: 'BUY', size: '10', price: '100' });
    expect(text(engine.balances('alice').get('QQQ')?.held ?? null)).toBe('1002');
    engine.cancel(order.id, NOW);
    expect(engine.balances('alice').get('QQQ')).toEqual({ total: fixed('100000'), held: 0n });
  });

  test('what is not covered is refused, for every kind', () => {
    const { place, accept } = bench();
    const short = { ok: false, refusal: 'insufficientFunds' };
    expect(place({ side: 'BUY', size: '999', price: '100' })).toEqual(short);
    expect(place({ side: 'SELL', size: '1000.001', price: '100' })).toEqual(short);
    expect(place({ side: 'SELL', size: '1000.001' })).toEqual(short);
    expect(place({ side: 'BUY', quoteSize: '100000' })).toEqual(short);
    expect(place({ side: 'BUY', size: '999', stopPrice: '101' })).toEqual(short);
    accept({ account: 'bob', side: 'SELL', size: '1000', price: '200' });
    expect(place({ side: 'BUY', size: '600' })).toEqual(short);
  });

  test('the fee is taken from what is received, where the venue does so', () => {
    const { accept, engine } = bench({ feeIn: 'received' });
    accept({ account: 'bob', side: 'SELL', size: '1', price: '100' });
    accept({ side: 'BUY', size: '1', price: '100' });
    expect(text(engine.balances('alice').get('AAA')?.total ?? null)).toBe('1000.998');
    expect(text(engine.balances('bob').get('QQQ')?.total ?? null)).toBe('100099.9');
  });
});

describe('identity', () => {
  test('a client id is unique among open orders only', () => {
    const { accept, place, engine } = bench();
    const first = accept({ side: 'BUY', size: '1', price: '90', clientId: 'x' });
    expect(place({ side: 'BUY', size: '1', price: '90', clientId: 'x' })).toEqual({
      ok: false,
      refusal: 'duplicateClientId',
    });
    accept({ account: 'bob', side: 'BUY', size: '1', price: '90', clientId: 'x' });
    engine.cancel(first.id, NOW);
    const second = accept({ side: 'BUY', size: '1', price: '91', clientId: 'x' });
    expect(engine.orderByClientId('alice', 'x')?.id).toBe(second.id);
  });

  test('an ended order can be neither cancelled nor amended', () => {
    const { accept, engine } = bench();
    const order = accept({ side: 'BUY', size: '1', price: '90' });
    engine.cancel(order.id, NOW);
    expect(engine.cancel(order.id, NOW)).toEqual({ ok: false, refusal: 'notOpen' });
    expect(engine.amend(order.id, { size: ONE }, NOW)).toEqual({ ok: false, refusal: 'notOpen' });
    expect(engine.cancel('none', NOW)).toEqual({ ok: false, refusal: 'unknownOrder' });
  });
});

describe('synthetic liquidity and set prices', () => {
  test('a large market order trades over several levels; a real order at a better price goes first', () => {
    const { accept, engine } = bench({ syntheticLevels: 10 });
    const real = accept({ account: 'bob', side: 'SELL', size: '0.5', price: '100' });
    const order = accept({ side: 'BUY', size: '150' });
    expect(order.status).toBe('FILLED');
    const trades = engine.executionsOf(order.id);
    expect(trades.length).toBeGreaterThan(2);
    expect(text(trades[0]?.price ?? null)).toBe('100');
    expect(real.status).toBe('FILLED');
    const prices = trades.map((one) => one.price);
    expect([...prices].sort((a, b) => (a < b ? -1 : 1))).toEqual(prices);
  });

  test('the same seed gives the same market, another seed another', () => {
    const run = (symbols: number): string[] => {
      const { engine } = bench({ syntheticLevels: symbols });
      return Array.from({ length: 50 }, (_, at) => {
        engine.tick(NOW + at * 1000);
        return fixedText(engine.ticker(SYMBOL, NOW).last);
      });
    };
    expect(run(10)).toEqual(run(10));
    expect(new Set(run(10)).size).toBeGreaterThan(10);
  });

  test('an order near the price fills while time passes, an order far away does not', () => {
    const { accept, engine } = bench({ syntheticLevels: 10 });
    const near = accept({ side: 'BUY', size: '1', price: '99.99' });
    const far = accept({ side: 'BUY', size: '1', price: '50' });
    for (let second = 1; second <= 120 && near.status === 'OPEN'; second += 1) engine.tick(NOW + second * 1000);
    expect([near.status, far.status]).toEqual(['FILLED', 'OPEN']);
    expect(engine.executionsOf(near.id).every((one) => one.maker && one.price === fixed('99.99'))).toBe(true);
  });

  test('a set price fills what it reaches at its own price, moves the market, and holds the walk for a minute', () => {
    const { accept, engine } = bench({ syntheticLevels: 10 });
    const reached = accept({ side: 'BUY', size: '5000', price: '19' });
    const missed = accept({ side: 'BUY', size: '1', price: '10' });
    const sell = accept({ account: 'bob', side: 'SELL', size: '1', price: '200' });
    engine.setPrice(SYMBOL, fixed('18.5'), null, NOW);
    expect([reached.status, missed.status, sell.status]).toEqual(['FILLED', 'OPEN', 'OPEN']);
    expect(text(engine.executionsOf(reached.id)[0]?.price ?? null)).toBe('19');
    engine.tick(NOW + 59_999);
    expect(text(engine.ticker(SYMBOL, NOW).last)).toBe('18.5');
    for (let second = 60; second < 70; second += 1) engine.tick(NOW + second * 1000);
    expect(text(engine.ticker(SYMBOL, NOW).last)).not.toBe('18.5');
  });

  test('a set price with a size fills that much and leaves the rest at rest while the walk stands still', () => {
    const { accept, engine } = bench({ syntheticLevels: 10 });
    const order = accept({ side: 'BUY', size: '3', price: '99' });
    engine.setPrice(SYMBOL, fixed('98'), fixed('1.5'), NOW);
    expect([order.status, text(order.filledSize)]).toEqual(['OPEN', '1.5']);
    engine.tick(NOW + 1_000);
    expect(text(order.filledSize)).toBe('1.5');
    engine.setWalk(SYMBOL, false);
    engine.tick(NOW + 100_000);
    expect(text(order.filledSize)).toBe('1.5');
    engine.setWalk(SYMBOL, true);
    engine.tick(NOW + 101_000);
    expect(order.status).toBe('FILLED');
  });
});

describe('a contract', () => {
  const contract = { markets: [{ ...MARKET, contract: true }], feeIn: 'received' as const };
  const balance = (engine: ReturnType<typeof bench>['engine'], asset: string) => {
    const found = engine.balances('alice').get(asset);
    return [text(found?.total ?? null), text(found?.held ?? null)];
  };

  test('is covered, paid and charged in quote on both sides, and moves no base', () => {
    const { accept, engine } = bench(contract);
    const sale = accept({ side: 'SELL', size: '2', price: '110' });
    expect(balance(engine, 'AAA')).toEqual(['1000', '0']);
    expect(balance(engine, 'QQQ')).toEqual(['100000', '220.44']);
    accept({ account: 'bob', side: 'BUY', size: '2', price: '110' });
    expect(balance(engine, 'AAA')).toEqual(['1000', '0']);
    expect(balance(engine, 'QQQ')).toEqual(['100219.78', '0']);
    expect(engine.executionsOf(sale.id).map((one) => [one.feeCurrency, text(one.feeCost)])).toEqual([['QQQ', '0.22']]);
  });

  test('is sold without owning the base, as far as the quote covers it', () => {
    const { accept, engine, place } = bench({ ...contract, syntheticLevels: 3 });
    engine.setBalance('alice', 'AAA', 0n);
    expect(accept({ side: 'SELL', size: '1' }).status).toBe('FILLED');
    engine.setBalance('alice', 'QQQ', fixed('50'));
    expect(place({ side: 'SELL', size: '1' })).toEqual({ ok: false, refusal: 'insufficientFunds' });
    expect(place({ side: 'SELL', size: '1', price: '105' })).toEqual({ ok: false, refusal: 'insufficientFunds' });
  });
});
