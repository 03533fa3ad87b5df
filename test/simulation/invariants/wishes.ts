import { compare, sum } from '@orderplane/domain';
import { filled, type VenueOrder } from '@orderplane/planner/testing';
import { cumQty, isTerminal, openReplaces, type OrderMachine, type OrderRequest } from '@orderplane/state-machine';
import type { OrderRecord } from '@orderplane/store';
import type { Known, Rule, Written } from './facts.ts';

const machineOf = (record: OrderRecord): OrderMachine => record.actual.machine;
const isWish = (request: OrderRequest): boolean =>
  request.kind === 'replace' && request.terms !== null && request.by !== 'foreign';

/** What the order is to be: the newest change that was carried out, as callers gave them, else what was placed. */
function wishOf(known: Known, record: OrderRecord): OrderMachine['terms'] | null {
  const carriedOut = machineOf(record).requests.findLast((request) => isWish(request) && request.phase === 'applied');
  return carriedOut?.terms ?? known.firstTerms.get(record.intent.orderId) ?? null;
}

/** How what rests at the exchange differs from what was wished last; null: it does not, or nothing of it rests. */
export function restsOtherwise(known: Known, record: OrderRecord): string | null {
  const held = known.held(record);
  const [order, another] = held.filter(({ status }) => status === 'OPEN');
  const wish = wishOf(known, record);
  if (wish === null || order === undefined || another !== undefined || record.intent.origin === 'EXTERNAL') return null;
  const venue = known.venueOf(record);
  // Somebody else's order under our client id is as he placed it.
  if (venue.foreign.has(order.orderId)) return null;
  const byOthers = venue.outsidePrices.get(order.orderId);
  const isWished = wish.price === null || order.price === null || compare(wish.price, order.price) === 0;
  if (!isWished && byOthers !== order.price) return `it rests at ${order.price ?? ''}, ${wish.price ?? ''} is wished`;
  const total = sum([order.size, ...othersOf(held, order)]);
  if (wish.size === null || compare(wish.size, total) === 0) return null;
  return `it rests for ${total} in all, ${wish.size} is wished`;
}

const othersOf = (held: readonly VenueOrder[], order: VenueOrder): readonly string[] =>
  held.filter((one) => one !== order).map(filled);

/** Why an order may be over without being filled: somebody asked for it, the exchange did it, or it would not place it anew. */
function mayEnd({ known, after, events }: Written): boolean {
  if (machineOf(after).requests.some(({ kind, forStray }) => kind === 'cancel' && !forStray)) return true;
  if (events.some(({ type }) => ENDING.includes(type))) return true;
  const { cancelled } = known.venueOf(after);
  return known.held(after).some(({ orderId, status }) => status !== 'OPEN' && !cancelled.has(orderId));
}
const ENDING: readonly string[] = ['LegRefused', 'Rejected', 'TimedOut', 'Denied'];

/** All that was asked for has been executed, at the exchange or as the newest wish of its caller says. */
function isFilledRightly({ known, after }: Written): boolean {
  if (known.held(after).at(-1)?.status === 'FILLED') return true;
  const newest = machineOf(after).requests.findLast(
    (request) => isWish(request) && request.phase !== 'refused' && request.by === 'client',
  );
  const size = newest?.terms?.size ?? null;
  return size === null || compare(size, cumQty(machineOf(after))) <= 0;
}

/** Checked at every write of an order: what callers wished last is what there is, and nothing ends that nobody has ended. */
export const WISHES: readonly Rule<Written>[] = [
  {
    id: 'W1',
    says: 'what is shown as IN_SYNC rests at the exchange as it was wished last',
    check: ({ known, after }) => {
      const machine = machineOf(after);
      if (after.actual.reconciliation.status !== 'IN_SYNC' || isTerminal(machine)) return null;
      const [open] = openReplaces(machine);
      return open === undefined ? restsOtherwise(known, after) : `${open.id} is open`;
    },
  },
  {
    id: 'W2',
    says: 'no order ends that nobody has ended: not by a cancel that was the first step of a change',
    check: (written) => {
      const { before, after } = written;
      const { life } = machineOf(after);
      if (before === null || isTerminal(machineOf(before)) || (life !== 'CANCELLED' && life !== 'EXPIRED')) return null;
      return mayEnd(written) ? null : `${life}: ${machineOf(after).end?.reason ?? ''}`;
    },
  },
  {
    id: 'W3',
    says: 'an order that was stopped from filling is over only if its newest wish asks for no more',
    check: (written) => {
      const { before, after } = written;
      if (machineOf(after).life !== 'FILLED' || (before !== null && isTerminal(machineOf(before)))) return null;
      return isFilledRightly(written) ? null : `filled ${cumQty(machineOf(after))}`;
    },
  },
];
