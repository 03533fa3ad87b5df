import { compare, maximum, subtract, sum } from '@orderplane/domain';
import { filled } from '@orderplane/planner/testing';
import { openReplaces } from '@orderplane/state-machine';
import { SECOND_OF } from '@orderplane/recorder';
import type { OrderRecord } from '@orderplane/store';
import type { Arrived, Held, Rule } from './facts.ts';

/** Checked when a request of ours reaches the exchange. */
export const ARRIVED: readonly Rule<Arrived>[] = [
  {
    id: 'I21',
    says: 'nothing reaches the exchange that is not in the books',
    check: ({ op, owner, venueClientId }) =>
      owner === null && !venueClientId.startsWith('ext-')
        ? `${op} of ${venueClientId}, which nobody has recorded`
        : null,
  },
  {
    id: 'I14',
    says: 'never two submissions of one order on their way',
    check: ({ known, op, owner }) =>
      op === 'submit' && owner !== null && known.mayStillCome(owner).length > 0 ? 'another one may still come' : null,
  },
  {
    id: 'I28',
    says: 'no cancel and no change of what was not recorded as sent',
    check: ({ op, owner }) => (op !== 'submit' && owner !== null && owner.actual.machine.legs.length === 0 ? op : null),
  },
  {
    id: 'I19',
    says: 'orders of others are changed only when a client of ours asks for it',
    check: ({ op, owner }) => {
      if (op === 'submit' || owner?.intent.origin !== 'EXTERNAL') return null;
      // A second order of the exchange's under one of our client ids is ended by policy (adopt.ts).
      if (SECOND_OF in owner.intent.metadata) return null;
      const asked = owner.actual.machine.requests.some(
        // The kill switch ends what is open, whoever placed it (demands.ts).
        ({ id, by, forStray }) => by === 'client' || forStray || id.startsWith('halt'),
      );
      return asked ? null : `${op} of an external order that nobody asked for`;
    },
  },
];

/** Checked when an order of ours is placed, filled, changed or ended at the exchange. */
export const HELD: readonly Rule<Held>[] = [
  {
    id: 'I13',
    says: 'never two live exchange orders for one intent',
    check: ({ known, owner }) => {
      const open = known.held(owner).filter(({ status }) => status === 'OPEN');
      return open.length > 1 ? `${open.map(({ orderId }) => orderId).join(' and ')} live` : null;
    },
  },
  {
    id: 'I5',
    says: 'what can be executed of all legs is no more than was ever wished',
    check: ({ known, owner }) => {
      const most = mostWished(owner);
      if (most === null) return null;
      const held = known.held(owner);
      const executed = sum(held.map(filled));
      const open = sum(held.filter(({ status }) => status === 'OPEN').map((one) => subtract(one.size, filled(one))));
      const worst = sum([executed, open]);
      return compare(worst, most) > 0 ? `${executed} executed and ${open} open, ${most} wished` : null;
    },
  },
];

/** The largest total that this order was ever allowed to have: as wished, or as somebody at the exchange made it. */
function mostWished({ actual, intent }: OrderRecord): string | null {
  const { machine } = actual;
  if (machine.terms.size === null || intent.origin === 'EXTERNAL' || intent.spec.quoteSize !== null) return null;
  const wishes = [
    machine.terms.size,
    intent.spec.size ?? '0',
    ...machine.requests.flatMap(({ terms }) => terms?.size ?? []),
    ...openReplaces(machine).flatMap(({ terms }) => terms?.size ?? []),
    ...machine.legs.flatMap(({ size }) => size ?? []),
  ];
  return wishes.reduce(maximum, '0');
}
