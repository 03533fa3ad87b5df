import { Folding } from '@orderplane/planner';
import type { NormalizedOrder } from '@orderplane/normalization';
import { record, SECOND_OF, type AccountKey } from '@orderplane/recorder';
import { isTerminal, openCancel } from '@orderplane/state-machine';
import type { SyncContext } from './context.ts';

/**
 * Two live orders at the exchange for one of ours, which should never be: both stand in one list, so both are alive. The
 * one that came second is in the books as an order of its own (see `adoptSecond`) and is cancelled. Gives those to wake.
 */
export async function cancelSeconds(
  context: SyncContext,
  { accountId }: AccountKey,
  listed: readonly NormalizedOrder[],
): Promise<readonly string[]> {
  const sharing = [...Map.groupBy(listed, ({ clientOrderId }) => clientOrderId)].flatMap(([clientId, orders]) =>
    clientId === null || clientId === '' || orders.length < 2 ? [] : orders,
  );
  if (sharing.length === 0) return [];
  const known = await context.recorder.ledger.findByVenueIds(accountId, {
    venueClientIds: [],
    venueOrderIds: sharing.map(({ orderId }) => orderId),
  });
  const ids = new Set(known.map(({ intent }) => intent.orderId));
  // Cancelled only beside the order that it doubles: alone it may be all that is left of what the caller wants.
  const seconds = known.filter(({ intent }) => ids.has(intent.metadata[SECOND_OF] ?? ''));
  for (const { intent } of seconds) {
    await record(context.recorder, intent.orderId, ({ actual }, at) => {
      if (isTerminal(actual.machine) || openCancel(actual.machine) !== null) return null;
      const folding = new Folding(actual.machine, { at, visibilityDelayMs: 0 });
      const earlier = actual.machine.requests.filter(({ kind }) => kind === 'cancel').length;
      const reason = `two live orders at the exchange for order ${intent.metadata[SECOND_OF]}`;
      folding.apply(
        {
          type: 'CancelRequested',
          requestId: `second-${intent.orderId}-${earlier + 1}`,
          generation: 0,
          by: 'us',
          reason,
        },
        'system',
      );
      const { machine, journal } = folding.result();
      return { machine, journal };
    });
  }
  return seconds.map(({ intent }) => intent.orderId);
}
