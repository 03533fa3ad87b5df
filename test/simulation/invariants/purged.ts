import { isDone } from '@orderplane/state-machine';
import type { OrderRecord } from '@orderplane/store';
import type { Known, Rule } from './facts.ts';

/** An order whose history has just been taken away. */
export interface Purged {
  readonly known: Known;
  /** As it was last written. */
  readonly record: OrderRecord;
  readonly before: boolean;
}

/** Checked at every purge, against what the exchange holds at that instant. What it held of the order stays under all other rules. */
export const PURGED: readonly Rule<Purged>[] = [
  {
    id: 'P1',
    says: 'only what is over is purged, here and at the exchange, and once',
    check: ({ known, record, before }) => {
      if (before) return 'it was purged before';
      if (!isDone(record.actual.machine)) return `it is ${record.actual.machine.life}, and not done`;
      const open = known.held(record).find(({ status }) => status === 'OPEN');
      if (open !== undefined) return `${open.orderId} is open at the exchange`;
      const coming = known.mayStillCome(record);
      return coming.length === 0 ? null : 'a submission of it may still arrive';
    },
  },
  {
    id: 'P2',
    says: 'what is purged was booked whole',
    check: ({ known, record }) => {
      const booked = new Set(record.actual.machine.executions.map(({ id }) => id));
      const missing = known.held(record).flatMap(({ fills }) => fills.filter(({ tradeId }) => !booked.has(tradeId)));
      return missing.length === 0 ? null : `${missing.map(({ tradeId }) => tradeId).join(' ')} is not booked`;
    },
  },
];
