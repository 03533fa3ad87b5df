import { isDeepStrictEqual } from 'node:util';
import { compare, isZero, sum } from '@orderplane/domain';
import type { VenueOrder } from '@orderplane/planner/testing';
import {
  cumQty,
  evolve,
  hasEnded,
  isTerminal,
  replay,
  type Execution,
  type MachineEvent,
  type OrderMachine,
} from '@orderplane/state-machine';
import type { OrderRecord } from '@orderplane/store';
import type { Known, Rule, Written } from './facts.ts';

/** More look-ups, requests or legs than any order of a run needs: something grows without bound. */
const MOST_KEPT = 20;
const MOST_REQUESTS = 60;
const MOST_LEGS = 20;

const machineOf = (record: OrderRecord): OrderMachine => record.actual.machine;

/** Checked at every write of an order, against what the exchange holds at that instant. */
export const WRITTEN: readonly Rule<Written>[] = [
  {
    id: 'I1',
    says: 'what is ordered, filled and left agree',
    check: ({ after }) => {
      const { life, terms } = machineOf(after);
      const cum = cumQty(machineOf(after));
      if (terms.size === null) return null;
      const isFull = !isZero(cum) && compare(cum, terms.size) >= 0;
      if (life === 'FILLED' && !isFull) return `FILLED with ${cum} of ${terms.size}`;
      if (life !== 'FILLED' && isFull) return `${life} with ${cum} of ${terms.size}`;
      return null;
    },
  },
  {
    id: 'I2',
    says: 'the filled size is the sum over distinct executions',
    check: ({ after }) => {
      const { executions } = machineOf(after);
      if (new Set(executions.map(({ id }) => id)).size !== executions.length) return 'an execution is booked twice';
      const counted = executions.filter(({ busted, correctedBy }) => !busted && correctedBy === null);
      const total = sum(counted.map(({ size }) => size));
      return total === cumQty(machineOf(after)) ? null : `${total} is not ${cumQty(machineOf(after))}`;
    },
  },
  {
    id: 'I3',
    says: 'the filled size falls only by a bust or a correction',
    check: ({ before, after, events }) => {
      if (before === null || compare(cumQty(machineOf(after)), cumQty(machineOf(before))) >= 0) return null;
      return events.some(({ type }) => type === 'FillBusted' || type === 'FillCorrected') ? null : 'it fell';
    },
  },
  {
    id: 'I4',
    says: 'what is booked was executed, by an order of this intent, and is booked nowhere else',
    check: (written) => {
      for (const execution of newExecutions(written)) {
        const wrong = wrongExecution(written, execution);
        if (wrong !== null) return `${execution.id}: ${wrong}`;
      }
      return null;
    },
  },
  {
    id: 'I7',
    says: 'an end is final',
    check: ({ before, after, events }) => {
      if (before === null) return null;
      const [was, is] = [machineOf(before), machineOf(after)];
      // A larger total that the exchange took before the last fill re-opens what the fills had completed (table.ts).
      const reopens = was.life === 'FILLED' && events.some(({ type }) => REOPENING.includes(type));
      if (isTerminal(was) && !isTerminal(is)) return reopens ? null : `${was.life} became ${is.life}`;
      if (!hasEnded(was) || was.life === is.life) return null;
      const byFills = is.executions.length > was.executions.length;
      const allowed = is.life === 'FILLED' || (is.life === 'CANCELLED' && FAILED_ENDS.includes(was.life));
      return byFills && allowed ? null : `${was.life} became ${is.life}`;
    },
  },
  {
    id: 'I12',
    says: 'no event of our own side is impossible',
    check: ({ after }) => {
      const { lastError } = after.actual.reconciliation;
      return lastError?.includes('is impossible') === true ? lastError : null;
    },
  },
  {
    id: 'I13',
    says: 'a new leg is sent only when every older one is over, at the exchange too',
    check: ({ known, before, after }) => {
      const legs = machineOf(after).legs;
      const alive = legs.filter(({ phase }) => phase !== 'absent' && phase !== 'ended');
      if (alive.length > 1 && !hasEnded(machineOf(after))) return `${alive.length} legs are not over`;
      if (before === null || legs.length <= machineOf(before).legs.length) return null;
      const open = known.held(after).filter(({ status }) => status === 'OPEN');
      if (open.length > 0) return `${open[0]?.orderId ?? ''} still lives at the exchange`;
      return null;
    },
  },
  {
    id: 'I14',
    says: 'nothing is sent again while an earlier submission may still come or lives',
    check: ({ known, before, after, events }) => {
      if (before === null || !events.some(({ type }) => type === 'SubmitSent' || type === 'LegSent')) return null;
      const coming = known.mayStillCome(after);
      if (coming.length > 0)
        return `an earlier submission arrives ${coming[0]?.arrivesAtMs ?? 0 - known.nowMs} ms from now`;
      const open = known.held(after).filter(({ status }) => status === 'OPEN');
      return open.length > 0 ? `${open[0]?.orderId ?? ''} lives at the exchange` : null;
    },
  },
  {
    id: 'I17',
    says: 'a client id belongs to one leg for ever',
    check: ({ known, after }) => {
      const { accountId, orderId } = after.intent;
      const ids = machineOf(after).legs.map(({ venueClientId }) => venueClientId);
      if (new Set(ids).size !== ids.length) return 'two legs share one';
      const other = ids
        .map((id) => known.ownerOf(accountId, id))
        .find((owner) => owner !== null && owner.intent.orderId !== orderId);
      return other === undefined || other === null ? null : `order ${other.intent.orderId} has it too`;
    },
  },
  {
    id: 'I18',
    says: 'an ended order gets no new leg',
    check: ({ before, after }) =>
      before !== null && isTerminal(machineOf(before)) && machineOf(after).legs.length > machineOf(before).legs.length
        ? `it was ${machineOf(before).life}`
        : null,
  },
  {
    id: 'I22',
    says: 'the journal replays to the state',
    check: ({ before, after, events }) => {
      const replayed = before === null ? replay(events) : events.reduce(next, machineOf(before));
      return isDeepStrictEqual(replayed, machineOf(after)) ? null : 'it does not';
    },
  },
  {
    id: 'I25',
    says: 'no order ends, and nothing is believed absent, while the exchange holds it or may still take it',
    check: (written) => endsAlive(written) ?? absentButThere(written),
  },
  {
    id: 'I26',
    says: 'a failed or partial list is never read as one without the order',
    check: ({ known, after, events }) => {
      const vanished = events.find((event) => event.type === 'Vanished');
      if (vanished === undefined || vanished.type !== 'Vanished') return null;
      const askedAt = /open orders asked at (\S+)$/.exec(vanished.reason)?.[1];
      if (askedAt === undefined) return null;
      return known.listing(after.intent.accountId, askedAt)?.complete === true
        ? null
        : `the list of ${askedAt} was not complete`;
    },
  },
  {
    id: 'I29',
    says: 'after the kill switch nothing new is sent',
    check: ({ known, after, events }) => {
      const isSent = events.some(({ type }) => type === 'SubmitSent' || type === 'LegSent');
      return isSent && known.halted.has(after.intent.accountId) ? 'sent on an account whose halt was confirmed' : null;
    },
  },
  {
    id: 'growth',
    says: 'nothing of an order grows without bound',
    check: ({ after }) => {
      const { legs, requests } = machineOf(after);
      const lookups = after.actual.reconciliation.absentLookups.length;
      if (lookups > MOST_KEPT || requests.length > MOST_REQUESTS || legs.length > MOST_LEGS)
        return `${lookups} look-ups, ${requests.length} requests, ${legs.length} legs`;
      return null;
    },
  },
];

const REOPENING: readonly string[] = ['Restated', 'Replaced', 'LegPlaced', 'FillBusted', 'FillCorrected'];
const FAILED_ENDS: readonly string[] = ['REJECTED', 'FAILED'];

const next = (order: OrderMachine, event: MachineEvent): OrderMachine => evolve(order, event).order;

export function newExecutions({ before, after }: Written): readonly Execution[] {
  const known = new Set(before === null ? [] : machineOf(before).executions.map(({ id }) => id));
  return machineOf(after).executions.filter(({ id }) => !known.has(id));
}

function wrongExecution({ known, after }: Written, execution: Execution): string | null {
  const { accountId, orderId, spec } = after.intent;
  const venueOrderId = execution.venueOrderId ?? '';
  const order = known.venueOf(after).ledger.byId(venueOrderId);
  const fill = order?.fills.find(({ tradeId }) => tradeId === execution.id);
  if (order === undefined || fill === undefined) return 'the exchange never executed it';
  if (fill.size !== execution.size || fill.price !== execution.price) return 'the exchange executed something else';
  if (!known.held(after).includes(order)) return `order ${venueOrderId} is not of this intent`;
  const owner = known.bookedTo(accountId, spec.symbol, venueOrderId, execution.id);
  return owner === null || owner === orderId ? null : `it is booked to ${owner} too`;
}

const isOpen = (order: VenueOrder): boolean => order.status === 'OPEN';

/** FILLED is by executions alone: what the exchange holds beyond them is a larger total, which its reports will tell. */
function endsAlive({ known, before, after }: Written): string | null {
  const is = machineOf(after);
  if (!hasEnded(is) || (before !== null && hasEnded(machineOf(before)))) return null;
  const open = known.held(after).find(isOpen);
  if (open !== undefined) return `${is.life}, and ${open.orderId} is open at the exchange`;
  const coming = known.mayStillCome(after);
  return coming.length === 0 ? null : `${is.life}, and a submission may still arrive`;
}

function absentButThere({ known, after, events }: Written): string | null {
  const proof = events.find((event) => event.type === 'OrderAbsent');
  if (proof?.type !== 'OrderAbsent' || proof.evidence.kind === 'seenWithout') return null;
  return thereAll(known, after);
}

function thereAll(known: Known, after: OrderRecord): string | null {
  const leg = machineOf(after).legs.at(-1);
  const order = known.held(after).find((candidate) => isOpen(candidate) && candidate.clientId === leg?.venueClientId);
  if (order !== undefined) return `believed absent, and ${order.orderId} is open at the exchange`;
  const executed = known
    .held(after)
    .find((candidate) => candidate.clientId === leg?.venueClientId && candidate.fills.length > 0);
  if (executed !== undefined) return `believed absent, and ${executed.orderId} has executions`;
  return known.mayStillCome(after).length === 0 ? null : 'believed absent, and it may still arrive';
}
