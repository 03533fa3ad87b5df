import type { OrderState } from '@orderplane/domain';
import { isTerminal } from '@orderplane/state-machine';
import type { OrderRecord, StoredOrderEvent } from '@orderplane/store';
import type { OrderLatency } from '../schema/types.generated.ts';

/** The exchange has it, as far as the journal proves. */
const AT_EXCHANGE: readonly OrderState[] = ['ACKNOWLEDGED', 'PARTIALLY_FILLED', 'FILLED'];
const ENDED: readonly OrderState[] = ['FILLED', 'CANCELLED', 'EXPIRED', 'REJECTED', 'FAILED'];

/**
 * Milliseconds from the order's creation to the first line of the journal that says so, by this system's clock. `events`
 * are the first ones of the order; an end beyond them is taken from the order's last change.
 */
export function latencyOf({ intent, actual }: OrderRecord, events: readonly StoredOrderEvent[]): OrderLatency {
  const createdMs = Date.parse(intent.createdAt);
  const since = (at: string | undefined): number | null =>
    at === undefined ? null : Math.max(0, Date.parse(at) - createdMs);
  const firstTo = (states: readonly OrderState[]): string | undefined =>
    events.find(({ entry }) => entry !== null && entry.fromState !== entry.toState && states.includes(entry.toState))
      ?.at;
  const submitted = events.find(({ entry }) => entry?.type === 'ORDER_SUBMITTED');
  return {
    toSubmittedMs: since(submitted?.at),
    toAcknowledgedMs: since(firstTo(AT_EXCHANGE)),
    toDoneMs: isTerminal(actual.machine) ? since(firstTo(ENDED) ?? actual.updatedAt) : null,
  };
}
