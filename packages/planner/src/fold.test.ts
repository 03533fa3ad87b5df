import { describe, expect, test } from 'vitest';
import type { NormalizedOrder, OrderReport } from '@orderplane/normalization';
import { cumQty, openReplaces, type OrderMachine } from '@orderplane/state-machine';
import { fold } from './fold.ts';
import { apply, at, limitSpec, newOrder, orderAfter, specAfter, type Word } from './testing/machines.ts';
import { ModelVenue, reportOf, shown, type VenueOrder } from './testing/model-venue.ts';

const CONTEXT = { at: at(50), visibilityDelayMs: 2_000 };

/** An order at the exchange as a story left it, and what the exchange says of it. */
const atVenue = (change: (venue: ModelVenue, order: VenueOrder) => void = () => undefined): VenueOrder => {
  const venue = new ModelVenue();
  const order = venue.place('c1', limitSpec, at(1));
  change(venue, order);
  return order;
};
const says = (order: VenueOrder, over: Partial<NormalizedOrder> = {}, askedAt = at(40)): OrderReport => {
  const report = reportOf(order, 'lookup', askedAt, 'all');
  return { ...report, order: { ...shown(order), ...over } };
};
const withoutFills = (report: OrderReport): OrderReport => ({ ...report, fills: [], fillsComplete: false });
const cancelledWith = (filled: string): VenueOrder =>
  atVenue((venue, order) => {
    venue.fill(order, filled, at(2));
    venue.end(order, 'CANCELLED', at(3));
  });

describe('executions are complete before an end is taken over', () => {
  test.each([
    ['cancelled', cancelledWith('0.4')],
    ['filled', atVenue((venue, order) => venue.fill(order, '1', at(2)))],
  ])('%s, but its executions are not told', (_name, order) => {
    const before = orderAfter('validated', 'sent', 'acked');
    const folded = fold(before, withoutFills(says(order)), CONTEXT);
    expect([folded.machine.life, folded.question]).toEqual(['ACKNOWLEDGED', expect.stringContaining('is filled, 0')]);
    expect(fold(folded.machine, says(order), CONTEXT).machine.life).toBe(order.status);
  });

  test('an open order that claims more than is booked is a question, not a fact', () => {
    const order = atVenue((venue, held) => venue.fill(held, '0.4', at(2)));
    const folded = fold(orderAfter('validated', 'sent', 'acked'), withoutFills(says(order)), CONTEXT);
    expect(cumQty(folded.machine)).toBe('0');
    expect(folded.question).toBe('the exchange says 0.4 is filled, 0 is booked');
  });

  test('an end that does not say how much is filled is a question', () => {
    const report = withoutFills(says(cancelledWith('0.4'), { filledSize: null }));
    const folded = fold(orderAfter('validated', 'sent', 'acked'), report, CONTEXT);
    expect([folded.machine.life, folded.question]).toEqual([
      'ACKNOWLEDGED',
      'the report does not say how much is filled',
    ]);
  });

  test('an execution that came twice, by stream and by REST, counts once', () => {
    const order = atVenue((venue, held) => venue.fill(held, '0.4', at(2)));
    const once = fold(orderAfter('validated', 'sent'), says(order), CONTEXT).machine;
    expect(fold(once, { ...says(order), source: 'stream' }, CONTEXT).machine).toBe(once);
  });

  test('a fee that the stream did not tell is learnt later, and nothing else changes', () => {
    const order = atVenue((venue, held) => venue.fill(held, '0.4', at(2)));
    const told = says(order);
    const bare = { ...told, fills: told.fills.map((fill) => ({ ...fill, fee: null })) };
    const first = fold(orderAfter('validated', 'sent'), { ...bare, source: 'stream' }, CONTEXT);
    expect(first.question).toBe('the fee of an execution is not told');
    const once = first.machine;
    const { machine, alarms, question } = fold(once, told, CONTEXT);
    expect(question).toBeNull();
    expect(machine.executions.map((one) => one.fee)).toEqual(told.fills.map((fill) => fill.fee));
    expect({ ...machine, executions: once.executions }).toEqual(once);
    expect(alarms).toEqual([]);
    expect(fold(machine, { ...bare, source: 'stream' }, CONTEXT)).toMatchObject({ machine, question: null });
    const earlier = says(atVenue());
    expect(fold(once, earlier, CONTEXT).question).toBe('the fee of an execution is not told');
    expect(fold(once, { ...withoutFills(told), source: 'submit' }, CONTEXT).question).toBe(first.question);
    expect(fold(machine, earlier, CONTEXT).question).toBeNull();
  });
});

describe('how an order ended', () => {
  const ioc = { ...limitSpec, timeInForce: 'IOC' as const };
  const market = { ...limitSpec, type: 'MARKET' as const, price: null };
  const end = (order: OrderMachine, over: Partial<NormalizedOrder> = {}) =>
    fold(order, says(cancelledWith('0.4'), { price: null, ...over }), CONTEXT).machine.end;

  // prettier-ignore
  test.each<readonly [string, OrderMachine, Partial<NormalizedOrder>, object]>([
    ['nobody asked, it could rest',            orderAfter('validated', 'sent'),      {},                   { kind: 'CANCELLED', reason: 'venue' }],
    ['nobody asked, the exchange says why',    orderAfter('validated', 'sent'),      { reason: 'self-trade' }, { kind: 'CANCELLED', reason: 'self-trade' }],
    ['nobody asked, IOC',                      specAfter(ioc, ['validated', 'sent']), {},                  { kind: 'EXPIRED', reason: 'tif' }],
    ['nobody asked, market',                   specAfter(market, ['validated', 'sent']), {},               { kind: 'EXPIRED', reason: 'tif' }],
    ['we asked',                               orderAfter('validated', 'sent', 'acked', 'cancel wanted', 'cancel sent'), {}, { kind: 'CANCELLED', reason: null }],
    ['we wanted to ask and had not',           orderAfter('validated', 'sent', 'acked', 'cancel wanted'), {}, { kind: 'CANCELLED', reason: 'venue' }],
    ['the exchange says expired',              orderAfter('validated', 'sent'),      { status: 'EXPIRED' }, { kind: 'EXPIRED', reason: 'tif' }],
  ])('%s', (_name, order, over, wanted) => {
    expect(end(order, over)).toMatchObject(wanted);
  });

  test('rejected after the acknowledgement, and before it', () => {
    const rejected = {
      ...says(atVenue()),
      order: { ...shown(atVenue()), status: 'FAILED' as const, reason: 'no money' },
    };
    for (const words of [
      ['validated', 'sent', 'acked'],
      ['validated', 'sent'],
    ] as const) {
      const { machine } = fold(orderAfter(...words), rejected, CONTEXT);
      expect([machine.life, machine.end?.reason]).toEqual(['REJECTED', 'no money']);
    }
  });
});

describe('alive after the end', () => {
  const open = (askedAt: string) => says(atVenue(), {}, askedAt);
  const cancelled = apply(orderAfter('validated', 'sent', 'acked'), { type: 'Cancelled', reason: null }, at(10));

  test.each([
    ['asked before the end', cancelled, 9, false],
    ['asked within the lag of the listings', cancelled, 12, false],
    ['asked later', cancelled, 12.001, true],
    ['we had given up', orderAfter('validated', 'sent', 'notSent', 'gave up'), 1, true],
  ])('%s', (_name, order, second, stray) => {
    expect(fold(order, open(at(second)), CONTEXT).machine.stray).toBe(stray);
  });

  test('a stray is found once, however often it is shown', () => {
    const once = fold(cancelled, open(at(20)), CONTEXT).machine;
    expect(fold(once, open(at(21)), CONTEXT).machine).toBe(once);
    expect(once.requests.map(({ forStray, phase }) => [forStray, phase])).toEqual([[true, 'wanted']]);
  });

  test('a filled order whose total was raised is not filled any more', () => {
    const raised = atVenue((venue, order) => {
      venue.amend(order, { size: '2' }, at(2));
      venue.fill(order, '1', at(3));
    });
    const { machine } = fold(orderAfter('validated', 'sent', 'acked', 'fill 1'), withoutFills(says(raised)), CONTEXT);
    expect([machine.life, machine.terms.size, machine.stray]).toEqual(['PARTIALLY_FILLED', '2', false]);
  });

  test('a filled order that an old report shows as open stays filled', () => {
    const filled = orderAfter('validated', 'sent', 'acked', 'fill 1');
    expect(fold(filled, says(atVenue(), {}, at(1)), CONTEXT).machine).toBe(filled);
  });
});

describe('price and size as the exchange shows them', () => {
  const changed = atVenue((venue, order) => venue.amend(order, { size: '2', price: '101' }, at(2)));

  test('our own change is answered', () => {
    const order = orderAfter('validated', 'sent', 'acked', 'change wanted', 'amend sent', 'change unanswered');
    const { machine } = fold(order, says(changed), CONTEXT);
    expect([machine.terms.size, machine.terms.price, openReplaces(machine)]).toEqual(['2', '101', []]);
  });

  test("somebody else's change is taken over, and ours stays open", () => {
    const order = orderAfter('validated', 'sent', 'acked', 'change wanted');
    const other = atVenue((venue, held) => venue.amend(held, { price: '99' }, at(2)));
    const { machine } = fold(order, says(other), CONTEXT);
    expect([machine.terms.price, openReplaces(machine).map(({ phase }) => phase)]).toEqual(['99', ['wanted']]);
  });

  test('an older report does not undo a newer change', () => {
    const newer = fold(orderAfter('validated', 'sent', 'acked'), says(changed, {}, at(20)), CONTEXT).machine;
    expect(fold(newer, says(atVenue(), {}, at(10)), CONTEXT).machine.terms.price).toBe('101');
  });

  test('sizes are compared as numbers', () => {
    const order = orderAfter('validated', 'sent', 'acked');
    expect(fold(order, says(atVenue(), { size: '1.000', price: '100.0' }), CONTEXT).machine).toBe(order);
  });
});

describe('two steps', () => {
  const STEPS = ['validated', 'sent', 'fill 0.4', 'change wanted', 'two-step sent'] as const satisfies readonly Word[];
  const oldLeg = (filled: string): OrderReport => {
    const report = says(cancelledWith(filled));
    return {
      ...report,
      fills: report.fills.map((fill, index) => ({ ...fill, tradeId: index === 0 ? 't1' : fill.tradeId })),
    };
  };
  const newLeg = (size: string, filled: string | null = null): OrderReport => {
    const venue = new ModelVenue();
    venue.place('c1', limitSpec, at(1));
    const order = venue.place('c2', { ...limitSpec, size, price: '101' }, at(4));
    if (filled !== null) venue.fill(order, filled, at(5));
    const report = says(order);
    return { ...report, fills: report.fills.map((fill) => ({ ...fill, tradeId: 'n1' })) };
  };

  test('the end of the old leg is not the end of the order', () => {
    const { machine } = fold(orderAfter(...STEPS), oldLeg('0.4'), CONTEXT);
    expect([machine.life, machine.legs[0]?.phase, cumQty(machine)]).toEqual(['PARTIALLY_FILLED', 'ended', '0.4']);
  });

  test('an end that knows of less than the exchange said before is not believed, until its listings can not lag any more', () => {
    const waits = orderAfter('validated', 'sent', 'acked', 'change wanted', 'two-step sent');
    const claimed = fold(waits, withoutFills(says(cancelledWith('0.4'))), CONTEXT);
    expect(claimed.question).toBe('the exchange says 0.4 is filled, 0 is booked');
    const lagging = (askedAt: string) => says(cancelledWith('0'), {}, askedAt);
    const soon = fold(claimed.machine, lagging(at(52)), { ...CONTEXT, at: at(52) });
    expect([soon.question, soon.machine]).toEqual([
      'the exchange said that 0.4 is filled, 0 is booked',
      claimed.machine,
    ]);
    const known = fold(soon.machine, says(cancelledWith('0.4'), {}, at(53)), { ...CONTEXT, at: at(53) });
    expect([known.question, known.machine.legs[0]?.phase, cumQty(known.machine)]).toEqual([null, 'ended', '0.4']);
    const late = fold(soon.machine, lagging(at(53)), { ...CONTEXT, at: at(53) });
    expect([late.question, late.machine.legs[0]?.phase, cumQty(late.machine)]).toEqual([null, 'ended', '0']);
  });

  test.each([
    ['waits for its trigger: our cancel has ended it', false, 'ACKNOWLEDGED', 'sent'],
    ['works: its time in force has', true, 'EXPIRED', 'overtaken'],
  ] as const)('a stop with IOC that %s', (_name, works, life, phase) => {
    const stop = { ...limitSpec, type: 'STOP_LIMIT', timeInForce: 'IOC', stopPrice: '99' } as const;
    const waits = specAfter(stop, ['validated', 'sent', 'acked', 'change wanted', 'two-step sent']);
    const order = works ? apply(waits, { type: 'Activated' }) : waits;
    const { machine } = fold(order, says(cancelledWith('0')), CONTEXT);
    expect([machine.life, machine.requests[0]?.phase]).toEqual([life, phase]);
  });

  test('with a cancel open it is', () => {
    expect(fold(orderAfter(...STEPS, 'cancel wanted'), oldLeg('0.4'), CONTEXT).machine.life).toBe('CANCELLED');
  });

  test('the first sign of life of the new leg applies the change: its rest and the fills make the total', () => {
    const order = orderAfter(...STEPS, 'old leg over', 'new leg sent');
    const { machine } = fold(order, newLeg('1.6'), CONTEXT);
    expect([machine.life, machine.terms.size, machine.legs[1]?.phase, openReplaces(machine)]).toEqual([
      'PARTIALLY_FILLED',
      '2',
      'live',
      [],
    ]);
  });

  test('a new leg that filled at once fills the order', () => {
    const order = orderAfter(...STEPS, 'old leg over', 'new leg sent');
    expect(fold(order, newLeg('1.6', '1.6'), CONTEXT).machine.life).toBe('FILLED');
  });

  test('reports of the old leg change nothing afterwards, but its late executions count', () => {
    const order = orderAfter(...STEPS, 'old leg over', 'new leg sent', 'new leg placed');
    const told = oldLeg('0.4');
    const asBooked = { ...told, fills: told.fills.map((fill) => ({ ...fill, fee: null })) };
    expect(fold(order, asBooked, CONTEXT).machine).toBe(order);
    const late = withoutFills(says(cancelledWith('0.5')));
    expect(fold(order, late, CONTEXT)).toMatchObject({
      machine: order,
      question: 'the exchange says 0.5 is filled, 0.4 is booked',
    });
  });
});

test('a stream that only says "cancelled" of an order with a time limit is asked again, a look-up is believed', () => {
  const timed = { ...limitSpec, timeInForce: 'GTT' as const, expiresAt: at(60) };
  const order = specAfter(timed, ['validated', 'sent', 'acked']);
  const told = says(
    atVenue((venue, held) => venue.end(held, 'CANCELLED', at(3))),
    { timeInForce: null },
  );
  const folded = fold(order, { ...told, source: 'stream' }, CONTEXT);
  expect([folded.machine, folded.question]).toEqual([order, expect.stringContaining('does not say whether its time')]);
  expect(fold(order, told, CONTEXT).machine.life).toBe('CANCELLED');
  const expired = { ...told, order: told.order && { ...told.order, status: 'EXPIRED' as const, reason: 'tif' } };
  expect(fold(order, expired, CONTEXT).machine.life).toBe('EXPIRED');
});

describe('what nobody here sent', () => {
  test('an order that was never recorded as sent is taken as sent, with an alarm', () => {
    const folded = fold(apply(newOrder(), { type: 'Validated' }), says(atVenue()), CONTEXT);
    expect([folded.machine.life, folded.alarms.length]).toEqual(['ACKNOWLEDGED', 1]);
    expect(folded.question).not.toBeNull();
  });

  test('an order by cash amount learns its size from the exchange, and is complete on its word', () => {
    const spec = { ...limitSpec, type: 'MARKET' as const, size: null, quoteSize: '40', price: null };
    const order = atVenue((venue, held) => venue.fill(held, '0.4', at(2)));
    const complete = says(order, { status: 'FILLED', size: null, price: null });
    const { machine } = fold(specAfter(spec, ['validated', 'sent']), complete, CONTEXT);
    expect([machine.life, machine.terms.size]).toEqual(['FILLED', '0.4']);
  });
});
