import { describe, expect, test } from 'vitest';
import type { ErrorCode } from '@orderplane/domain';
import { decide, FIX_PROFILE } from './index.ts';
import type { Decision, EventBody, OrderCommand, OrderMachine } from './index.ts';
import { cancelWish, CREATED, fill, Life, replaceSent, replaceWish, TO } from './testing/orders.ts';

const order = (events: readonly EventBody[], birth?: EventBody): OrderMachine => new Life(events, birth).order;
const cancel: OrderCommand = { type: 'cancel', requestId: 'K2', generation: 3, by: 'client' };
const modify = (change: Extract<OrderCommand, { type: 'modify' }>['change']): OrderCommand => ({
  type: 'modify',
  requestId: 'M',
  generation: 3,
  by: 'client',
  change,
});
const refusal = (decision: Decision): ErrorCode | null => (decision.ok ? null : decision.code);
const wish = (decision: Decision) =>
  decision.ok && decision.events[0]?.type === 'ReplaceRequested' ? decision.events[0].terms : null;

const OVER = [TO.filled, TO.cancelled, TO.expired, TO.rejected, TO.failed];
const ALIVE = [TO.created, TO.validated, TO.dark, TO.triggered, TO.submitted, TO.unknown, TO.acknowledged, TO.partial];

describe('cancel', () => {
  test('is accepted as long as the order lives', () => {
    for (const events of ALIVE)
      expect(decide(order(events), cancel)).toEqual({
        ok: true,
        events: [{ type: 'CancelRequested', requestId: 'K2', generation: 3, by: 'client' }],
      });
  });

  test('joins one that is open', () => {
    expect(decide(order([...TO.partial, cancelWish()]), cancel)).toEqual({ ok: true, events: [] });
  });

  test('does not rely on what another screen has asked for', () => {
    const foreign = order([...TO.partial, { type: 'CancelPending', requestId: 'F' }]);
    expect(decide(foreign, cancel)).toMatchObject({ ok: true, events: [{ type: 'CancelRequested' }] });
  });

  test('of an order that is over is refused', () => {
    for (const events of OVER) expect(refusal(decide(order(events), cancel))).toBe('INVALID_STATE_TRANSITION');
  });
});

describe('modify', () => {
  test('carries the complete wish, from the newest open wish or else the confirmed terms', () => {
    expect(wish(decide(order(TO.partial), modify({ price: '90' })))).toMatchObject({ size: '10', price: '90' });
    const open = [...TO.partial, replaceWish('R', '20', '80'), replaceSent()];
    expect(wish(decide(order(open), modify({ size: '15' })))).toMatchObject({ size: '15', price: '80' });
  });

  test('to or below what is filled is legal: the order then ends at what is filled', () => {
    expect(decide(order(TO.partial), modify({ size: '4' })).ok).toBe(true);
    expect(decide(order(TO.partial), modify({ size: '3' })).ok).toBe(true);
  });

  test('of an order that is over, or while a cancel is open, is refused', () => {
    for (const events of [...OVER, [...TO.partial, cancelWish()]])
      expect(refusal(decide(order(events), modify({ size: '12' })))).toBe('INVALID_STATE_TRANSITION');
  });

  test('re-opens a filled order only where that is agreed and more is wished', () => {
    const filled = order(TO.filled);
    expect(decide(filled, modify({ size: '12' }), { profile: FIX_PROFILE }).ok).toBe(true);
    expect(refusal(decide(filled, modify({ size: '9' }), { profile: FIX_PROFILE }))).toBe('INVALID_STATE_TRANSITION');
    const ended = order([...TO.cancelled, fill('E2', '6')]);
    expect(refusal(decide(ended, modify({ size: '12' }), { profile: FIX_PROFILE }))).toBe('INVALID_STATE_TRANSITION');
  });

  const market: EventBody = { ...CREATED, kind: { type: 'MARKET', timeInForce: 'IOC' } } as EventBody;
  test.each([
    ['nothing', CREATED, {}, null],
    ['nothing new', CREATED, { size: '10.0', price: '100' }, null],
    ['a market order', market, { size: '5' }, null],
    ['a stop price that the order has not', CREATED, { stopPrice: '90' }, 'stopPrice'],
    ['a size of zero', CREATED, { size: '0' }, 'size'],
    ['a negative price', CREATED, { price: '-1' }, 'price'],
  ])('of %s is refused as input', (_name, birth, change, field) => {
    expect(decide(order(TO.acknowledged, birth), modify(change))).toMatchObject({
      ok: false,
      code: 'INVALID_INPUT',
      field: field === null ? null : [field],
    });
  });

  test('of a stop-market order may change its stop price but has no price', () => {
    const stop: EventBody = {
      type: 'Created',
      kind: { type: 'STOP_MARKET', timeInForce: 'GTC' },
      terms: { size: '10', quoteSize: null, price: null, stopPrice: '90' },
    };
    expect(decide(order(TO.acknowledged, stop), modify({ stopPrice: '80' })).ok).toBe(true);
    expect(refusal(decide(order(TO.acknowledged, stop), modify({ price: '80' })))).toBe('INVALID_INPUT');
  });
});

test('what is accepted is accepted by the machine too', () => {
  for (const events of [...ALIVE, TO.absent, TO.legEnded, TO.legSent]) {
    for (const command of [cancel, modify({ size: '12' })]) {
      const life = new Life(events);
      const decision = decide(life.order, command);
      if (!decision.ok) throw new Error(decision.message);
      for (const event of decision.events) expect(['moved', 'stayed']).toContain(life.apply(event).verdict);
    }
  }
});
