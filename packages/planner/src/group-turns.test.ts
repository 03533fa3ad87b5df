import { describe, expect, test } from 'vitest';
import { groupTurn, groupYield, holders, spentAsset, underWay, type Way } from './group-turns.ts';
import type { GroupMember, GroupView } from './groups.ts';
import { at, limitSpec } from './testing/machines.ts';

const member = (orderId: string, way: Way | null): GroupMember => ({
  orderId,
  symbol: limitSpec.symbol,
  size: '1',
  filled: '0',
  isFilled: false,
  ...(way === null ? {} : { way }),
});
const viewOf = (own: Way | null, ...others: (Way | null)[]): GroupView => ({
  groupId: 'g',
  onPartialFill: 'CANCEL',
  self: member('m', own),
  siblings: others.map((way, index) => member(index === 0 ? 'z' : 'a', way)),
  market: null,
});
const fired = (priceSecond: number, firedSecond = 1): Way => ({
  kind: 'fired',
  priceAt: at(priceSecond),
  firedAt: at(firedSecond),
  takes: null,
});
const sent = (restsSecond: number | null): Way => ({
  kind: 'sent',
  restsAt: restsSecond === null ? null : at(restsSecond),
});

// prettier-ignore
test.each<[string, Way | null, readonly (Way | null)[], number, string | null]>([
  ['the others wait for their prices',                     fired(0), [null, null],         1, null],
  ['an order that did not wait here is never held',        null,     [sent(null)],         1, null],
  ['one was sent and has no answer, or ends at once',      fired(0), [sent(null)],         9, 'z'],
  ['one was acknowledged a moment ago',                    fired(0), [sent(2)],            1, 'z'],
  ['one rests',                                            fired(0), [sent(2)],            2, null],
  ['the price of another came before',                     fired(1), [fired(0)],           1, 'z'],
  ['the price of another came after',                      fired(0), [fired(1)],           1, null],
  ['one price for both: by id, it has the lower one',      fired(0), [fired(0)],           1, null],
  ['one price for both: by id, another has the lower one', fired(0), [null, fired(0)],     1, 'a'],
  ['the first is stopped by something, for too long',      fired(1), [fired(0)],           6, null],
  ['never while another is on its way, for however long',  fired(1), [fired(0), sent(null)], 6, 'a'],
])('%s', (_what, own, others, second, expected) => {
  const turn = groupTurn(viewOf(own, ...others), at(second));
  expect(turn?.why.split(': ')[1] ?? null).toBe(expected);
  if (turn !== null) expect(Date.parse(turn.at)).toBeGreaterThan(Date.parse(at(second)));
});

test('of any number of orders that have fired there is always one whose turn it is', () => {
  const ways = [fired(3, 3), fired(1, 3), fired(1, 3), fired(2, 3)];
  const members = ways.map((way, index) => member(`order-${index}`, way));
  const views = members.map((self) => ({
    ...viewOf(null),
    self,
    siblings: members.filter((other) => other !== self),
  }));
  expect(views.map((view) => groupTurn(view, at(3)) === null)).toEqual([false, true, false, false]);
  expect(views.map((view) => underWay(view, at(3)))).toEqual([null, null, null, null]);
});

describe('a fired order takes what another of its group holds', () => {
  const holding = (way: Way | null, spends: string | null, id = 'z'): GroupMember => ({
    ...member(id, way),
    ...(spends === null ? {} : { spends }),
  });
  const besides = (self: GroupMember, ...siblings: GroupMember[]): GroupView => ({ ...viewOf(null), self, siblings });
  const taker = (takes: string | null): Way => ({ kind: 'fired', priceAt: at(0), firedAt: at(1), takes });

  // prettier-ignore
  test.each<[string, Way | null, string | null, Way | null, number, boolean]>([
    ['it rests, and holds what the other can not do without', sent(2),      'BTC', taker('BTC'), 2, true],
    ['it may be filling',                                     sent(2),      'BTC', taker('BTC'), 1, false],
    ['it ends at once, or has no answer',                     sent(null),   'BTC', taker('BTC'), 9, false],
    ['the other is covered, or not checked yet',              sent(2),      'BTC', taker(null),  2, false],
    ['the other has not fired',                               sent(2),      'BTC', null,         2, false],
    ['it holds something else',                               sent(2),      'USD', taker('BTC'), 2, false],
    ['a contract',                                            sent(2),      null,  taker('BTC'), 2, false],
    ['it waits here too',                                     taker('BTC'), 'BTC', taker('BTC'), 2, false],
  ])('%s', (_what, own, spends, other, second, expected) => {
    const view = besides(holding(own, spends), holding(other, 'BTC', 'a'));
    expect(groupYield(view, at(second)) !== null).toBe(expected);
  });

  test('it is sent when that is over, and not before', () => {
    const own = holding(taker('BTC'), 'BTC');
    const view = besides(own, holding(sent(1), 'BTC', 'a'), holding(sent(1), 'USD', 'b'), holding(null, 'BTC', 'c'));
    expect(holders(view).map(({ orderId }) => orderId)).toEqual(['a']);
    expect(groupTurn(view, at(60))?.why).toContain(': a');
    expect(groupTurn(besides(own, holding(null, 'BTC', 'a')), at(60))).toBeNull();
  });

  test.each([
    ['BTC-USD', 'SELL', 'BTC'],
    ['BTC-USD', 'BUY', 'USD'],
    ['BTC-USDC-PERPETUAL', 'SELL', null],
  ] as const)('%s %s takes %s', (symbol, side, asset) => {
    expect(spentAsset({ symbol, side })).toBe(asset);
  });
});
