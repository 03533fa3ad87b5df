import { OrderplaneError } from '@orderplane/client';
import type { Order, OrderEvent, OrderUpdate } from '@orderplane/client';
import { expect, it } from 'vitest';
import { anOrder } from '../testing.ts';
import { tell, updateText } from './watch.ts';
import type { WatchLine } from './watch.ts';

/** What the command does not show is left out. */
const order = anOrder({ filledSize: '0.1' }) as unknown as Order;
const event: OrderEvent = {
  cursor: 'c2',
  orderId: 'o1',
  type: 'ORDER_PARTIALLY_FILLED',
  fromState: 'ACKNOWLEDGED',
  toState: 'PARTIALLY_FILLED',
  reason: null,
  source: 'exchange',
  at: '2026-02-13T16:26:41.000Z',
};
const change: OrderUpdate = { kind: 'EVENT', cursor: 'c2', order, event };

async function told(updates: AsyncIterable<OrderUpdate>) {
  const lines: string[] = [];
  const notices: string[] = [];
  const line = (accountId: string, { kind, cursor }: WatchLine): void =>
    void lines.push(`${accountId} ${kind} ${cursor}`);
  await tell('a1', updates, { line, notice: (message) => notices.push(message) });
  return { lines, notices };
}

it('prints the snapshot order by order, its end, then every change', async () => {
  const { lines, notices } = await told(
    (async function* (): AsyncGenerator<OrderUpdate> {
      yield { kind: 'SNAPSHOT', reason: 'BEGIN', cursor: 'c1', orders: [order, order] };
      yield change;
    })(),
  );
  expect(lines).toEqual(['a1 SNAPSHOT c1', 'a1 SNAPSHOT c1', 'a1 SNAPSHOT_END c1', 'a1 EVENT c2']);
  expect(notices).toEqual([]);
});

it('says that changes were lost when the cursor was too old', async () => {
  const { notices } = await told(
    (async function* (): AsyncGenerator<OrderUpdate> {
      yield { kind: 'SNAPSHOT', reason: 'CURSOR_EXPIRED', cursor: 'c1', orders: [] };
    })(),
  );
  expect(notices).toHaveLength(1);
});

it.each([
  ['UNAUTHENTICATED', 4],
  ['NOT_FOUND', 4],
  ['BAD_ANSWER', 1],
])('ends when the subscription is refused with %s', async (code, exitCode) => {
  const failing = (async function* (): AsyncGenerator<OrderUpdate> {
    yield change;
    throw new OrderplaneError({ code, message: 'no such account', mayHaveBeenAccepted: false, isPassing: false });
  })();
  await expect(told(failing)).rejects.toMatchObject({
    exitCode,
    message: expect.stringContaining('no such account') as string,
  });
});

it('tells a change in one line', () => {
  expect(updateText(change)).toBe(
    '2026-02-13T16:26:41.000Z  ORDER_PARTIALLY_FILLED  kraken BTC-USD BUY LIMIT 0.25 @ 40000.5  OPEN filled 0.1  o1',
  );
  expect(updateText({ kind: 'SNAPSHOT_END', cursor: 'c', order: null, event: null })).toMatch(/changes/);
});
