import { expect, test } from 'vitest';
import { groupTurn, underWay, type Way } from './group-turns.ts';
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
