import type { OrderLedger } from '@orderplane/store';
import type { Waker } from '@orderplane/queues';
import type { ExchangeId } from '@orderplane/domain';

const PAGE = 1_000;

/**
 * Wakes every order that is not settled. Heals lost wake-ups, also after all of Redis is gone; orders that a worker
 * already holds or that already wait are not doubled. One page of keys at a time, so that memory does not grow.
 */
export async function resync(ledger: OrderLedger, waker: Waker, stopping: () => boolean): Promise<number> {
  let after: string | undefined;
  let woken = 0;
  while (!stopping()) {
    const keys = await ledger.unsettled({ limit: PAGE, ...(after === undefined ? {} : { after }) });
    if (keys.length === 0) break;
    const byExchange = new Map<ExchangeId, string[]>();
    for (const key of keys) byExchange.set(key.exchange, [...(byExchange.get(key.exchange) ?? []), key.orderId]);
    for (const [exchange, orderIds] of byExchange) await waker.wakeMany(exchange, orderIds, 'resync');
    woken += keys.length;
    after = keys.at(-1)?.orderId;
    if (keys.length < PAGE) break;
  }
  return woken;
}
