import { openCancel, type OrderMachine } from '@orderplane/state-machine';
import type { OrderFilter, OrderRecord } from '@orderplane/store';
import { pageSize } from '../orders/paging.ts';
import type { AccountHaltResolvers, RemainingOrderResolvers } from '../schema/types.generated.ts';
import type { HaltedAccount } from './model.ts';

/** Orders that were known at the halt and have not ended. Null: none is to be cancelled. */
const remainingOf = ({ account, halt }: HaltedAccount): OrderFilter | null =>
  halt.cancelOpenBefore === null
    ? null
    : {
        userId: account.userId,
        accountIds: [account.id],
        statuses: ['PENDING', 'OPEN'],
        createdBefore: halt.cancelOpenBefore,
      };

export const accountHalt: Required<AccountHaltResolvers> = {
  since: ({ halt }) => halt.since,
  cancelOpen: ({ halt }) => halt.cancelOpenBefore !== null,
  remainingCount: async (halted, _, { ports }) => {
    const filter = remainingOf(halted);
    return filter === null ? 0 : ports.queries.count(filter);
  },
  remaining: async (halted, { first }, { ports }) => {
    const [filter, limit] = [remainingOf(halted), pageSize(first)];
    if (filter === null) return [];
    return (await ports.queries.page(filter, { limit })).records.map(({ record }) => record);
  },
};

export const remainingOrder: Required<RemainingOrderResolvers> = { order: (record) => record, why: whyRemaining };

/** What stands between an order and its end, in the words of the last failure where there was one. */
export function whyRemaining({ actual: { machine, reconciliation } }: OrderRecord): string {
  return reconciliation.lastError ?? cancelState(machine);
}

function cancelState(machine: OrderMachine): string {
  const open = openCancel(machine);
  switch (open?.phase) {
    case 'wanted':
      return 'its cancel waits to be sent';
    case 'sent':
      return 'its cancel is on its way';
    case 'pending':
      return 'the exchange has taken its cancel, and has not shown the end yet';
    case 'unknown':
      return 'the outcome of its cancel is unknown: the exchange is being asked';
    default: {
      const refused = machine.requests.findLast(({ kind, phase }) => kind === 'cancel' && phase === 'refused');
      if (refused === undefined) return 'its cancel has not begun yet';
      return `its cancel was refused and will be sent again: ${refused.reason ?? 'no reason was given'}`;
    }
  }
}
