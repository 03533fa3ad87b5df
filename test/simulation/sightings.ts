import { compare } from '@orderplane/domain';
import { cumQty, isOpenRequest, type OrderMachine, type OrderRequest } from '@orderplane/state-machine';
import type { Arrived, Written } from './invariants/facts.ts';
import { newExecutions } from './invariants/written.ts';

interface Sight<Facts> {
  readonly name: string;
  readonly is: (facts: Facts) => boolean;
}

const machineOf = (written: Written): OrderMachine => written.after.actual.machine;
const before = (written: Written): OrderMachine | null => written.before?.actual.machine ?? null;
const has = (written: Written, ...types: readonly string[]): boolean =>
  written.events.some(({ type }) => types.includes(type));
const filled = (written: Written): boolean => newExecutions(written).length > 0;
const underWay = (machine: OrderMachine | null, kind: OrderRequest['kind']): OrderRequest | undefined =>
  machine?.requests.find((request) => request.kind === kind && isOpenRequest(request) && request.phase !== 'wanted');
const became = (written: Written, ...lives: readonly string[]): boolean =>
  lives.includes(machineOf(written).life) && before(written)?.life !== machineOf(written).life;
const isOfGroup = (written: Written): boolean =>
  written.events.some((event) => 'requestId' in event && event.requestId?.startsWith('group-') === true);
const closed = (
  written: Written,
  kind: OrderRequest['kind'],
  phase: OrderRequest['phase'],
  how?: OrderRequest['how'],
): boolean =>
  machineOf(written).requests.some(
    (request) =>
      request.kind === kind &&
      request.phase === phase &&
      (how === undefined || request.how === how) &&
      before(written)?.requests.some((old) => old.id === request.id && isOpenRequest(old)) === true,
  );

/** Hard cases that are seen in the writes of orders. A green run that never met them proves nothing. */
const WRITES: readonly Sight<Written>[] = [
  { name: 'a fill crosses a cancel', is: (w) => filled(w) && underWay(before(w), 'cancel') !== undefined },
  {
    name: 'a full fill beats a cancel',
    is: (w) => became(w, 'FILLED') && underWay(before(w), 'cancel') !== undefined,
  },
  { name: 'a fill while a replace is pending', is: (w) => filled(w) && underWay(before(w), 'replace') !== undefined },
  {
    name: 'a fill beats a replace',
    is: (w) => became(w, 'FILLED') && underWay(before(w), 'replace') !== undefined,
  },
  { name: 'something lives of what had ended', is: (w) => has(w, 'StrayFound') },
  { name: 'a stray is over', is: (w) => before(w)?.stray === true && !machineOf(w).stray },
  {
    name: 'two steps: the old leg fills while it is cancelled',
    is: (w) =>
      filled(w) && underWay(before(w), 'replace')?.how === 'TWO_STEP' && before(w)?.legs.at(-1)?.phase === 'live',
  },
  {
    name: 'two steps: more than one newer change waits when the old leg is over',
    is: (w) =>
      has(w, 'LegEnded') &&
      machineOf(w).requests.filter((r) => r.kind === 'replace' && r.phase === 'wanted').length > 1,
  },
  { name: 'two steps: done', is: (w) => closed(w, 'replace', 'applied', 'TWO_STEP') },
  { name: 'two steps: the new leg is refused', is: (w) => has(w, 'LegRefused') },
  {
    name: 'two steps: the new leg is in doubt',
    is: (w) => has(w, 'SubmitUnknown') && machineOf(w).legs.length > 1,
  },
  {
    name: 'two steps: the new leg is absent',
    is: (w) => has(w, 'OrderAbsent') && machineOf(w).legs.length > 1,
  },
  { name: 'the first report is a fill', is: (w) => filled(w) && before(w)?.life === 'SUBMITTED' },
  {
    name: 'the first report is the end',
    is: (w) =>
      before(w)?.life === 'SUBMITTED' &&
      became(w, 'CANCELLED', 'EXPIRED') &&
      !has(w, 'TimedOut', 'CancelRequested', 'OrderAbsent'),
  },
  {
    name: 'the acknowledgement is lost and the order lives',
    is: (w) => before(w)?.legs.at(-1)?.phase === 'unknown' && machineOf(w).legs.at(-1)?.phase === 'live',
  },
  {
    name: 'the acknowledgement is lost and the order is filled and gone',
    is: (w) => before(w)?.legs.at(-1)?.phase === 'unknown' && became(w, 'FILLED'),
  },
  {
    name: 'the acknowledgement is lost and it never existed',
    is: (w) => w.events.some((event) => event.type === 'OrderAbsent' && event.evidence.kind === 'provenAbsent'),
  },
  {
    name: 'a leg is sent again after its absence was proved',
    is: (w) => (machineOf(w).legs.at(-1)?.attempts ?? 0) > 1 && has(w, 'SubmitSent'),
  },
  {
    name: 'a cancel is wanted before the acknowledgement',
    is: (w) => has(w, 'CancelRequested') && before(w)?.life === 'SUBMITTED',
  },
  { name: 'a cancel is refused', is: (w) => has(w, 'CancelRejected') },
  { name: 'a cancel that did nothing is wanted again', is: (w) => has(w, 'RequestAbsent') },
  { name: 'a replace is refused', is: (w) => closed(w, 'replace', 'refused') },
  { name: 'an amend is applied', is: (w) => closed(w, 'replace', 'applied', 'AMEND') },
  {
    name: 'two open replaces',
    is: (w) => machineOf(w).requests.filter((r) => r.kind === 'replace' && isOpenRequest(r)).length > 1,
  },
  {
    name: 'a replace at or below the filled size',
    is: (w) =>
      w.events.some(
        (event) =>
          event.type === 'ReplaceRequested' &&
          event.terms.size !== null &&
          cumQty(machineOf(w)) !== '0' &&
          compare(event.terms.size, cumQty(machineOf(w))) <= 0,
      ),
  },
  { name: 'a quantity or price changed by others', is: (w) => has(w, 'Restated') },
  { name: 'a client id is refused as duplicate', is: (w) => has(w, 'DuplicateId') },
  { name: 'missing in a complete list', is: (w) => has(w, 'Vanished') },
  { name: 'an order of others is adopted', is: (w) => has(w, 'Adopted') },
  { name: 'a time in force is over', is: (w) => has(w, 'TimedOut') },
  {
    name: 'its sender died before it recorded an answer',
    is: (w) =>
      w.events.some(
        (event) =>
          (event.type === 'SubmitUnknown' || event.type === 'RequestUnknown') &&
          event.reason.startsWith('the sender ended'),
      ),
  },
  { name: 'a group ends one of its orders', is: (w) => has(w, 'CancelRequested') && isOfGroup(w) },
  { name: 'a group makes one of its orders smaller', is: (w) => has(w, 'ReplaceRequested') && isOfGroup(w) },
  {
    name: 'no sign of life in time: the order is to end',
    is: (w) => w.events.some((event) => event.type === 'CancelRequested' && event.requestId.startsWith('unanswered-')),
  },
  { name: 'what waits here is changed', is: (w) => has(w, 'ReplaceRequested') && before(w)?.life === 'DARK_OPEN' },
  { name: 'what waits here is cancelled', is: (w) => has(w, 'CancelRequested') && before(w)?.life === 'DARK_OPEN' },
  { name: 'what has fired is sent', is: (w) => has(w, 'SubmitSent') && before(w)?.life === 'TRIGGERED' },
  { name: 'an order needs attention', is: (w) => w.after.actual.reconciliation.status === 'NEEDS_ATTENTION' },
  ...(
    [
      'VALIDATED',
      'DARK_OPEN',
      'TRIGGERED',
      'SUBMITTED',
      'ACKNOWLEDGED',
      'PARTIALLY_FILLED',
      'FILLED',
      'CANCELLED',
      'REJECTED',
      'EXPIRED',
    ] as const
  ).map((life) => ({ name: `state ${life}`, is: (w: Written) => became(w, life) })),
];

/** Counted too, but so rare that a run of a few hundred seeds need not meet them. */
const RARE: readonly Sight<Written>[] = [
  {
    name: 'what has fired is cancelled before it is sent',
    is: (w) => became(w, 'CANCELLED') && before(w)?.life === 'TRIGGERED',
  },
  {
    name: 'what has fired is changed before it is sent',
    is: (w) => has(w, 'ReplaceRequested') && before(w)?.life === 'TRIGGERED',
  },
  { name: 'what has fired is refused by a check', is: (w) => has(w, 'Denied') && before(w)?.life === 'TRIGGERED' },
  { name: 'what waits here is over by its time', is: (w) => has(w, 'TimedOut') && before(w)?.life === 'DARK_OPEN' },
  { name: 'a late fill after an end', is: (w) => filled(w) && before(w)?.end !== null && before(w) !== null },
];

const ARRIVALS: readonly Sight<Arrived>[] = [
  {
    name: 'the request arrives after we were told "not found"',
    is: ({ op, owner }) => op === 'submit' && (owner?.actual.reconciliation.absentLookups.length ?? 0) > 0,
  },
  {
    name: 'a cancel arrives at an order that is over',
    is: ({ op, owner, known }) =>
      op === 'cancel' && owner !== null && known.held(owner).every(({ status }) => status !== 'OPEN'),
  },
];

/** Counts what a run has seen. */
export class Sightings {
  readonly counts = new Map<string, number>();

  see(name: string): void {
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
  }

  written(written: Written): void {
    for (const { name, is } of WRITES) if (is(written)) this.see(name);
    for (const { name, is } of RARE) if (is(written)) this.see(name);
  }

  arrived(arrived: Arrived): void {
    for (const { name, is } of ARRIVALS) if (is(arrived)) this.see(name);
  }
}

/** Noted where they happen (run.ts, world.ts). */
const HAPPENINGS = [
  'a process dies between its write and what follows',
  'a process dies with a request on its way',
  'a process dies with a write on its way',
  'a process stands still longer than its lock',
  'two workers hold one order',
  'a clock jumps',
  'all of Redis is lost',
  'an exchange can not be reached',
  'an exchange never comes back',
  'a stream breaks',
  'a repeated request gives the first order',
  'an unsolicited cancel',
  'a foreign order with our client id',
  'the kill switch',
  'a limit refuses an order',
  'a limit refuses a change',
  'more is executed than a group allows',
  'history is purged',
  'a repeat of a purged order is refused',
] as const;
export type Happening = (typeof HAPPENINGS)[number];

/** Every case that all seeds together must have met at least once. `faults`: those that calls meet. */
export const sometimes = (faults: readonly string[]): readonly string[] => [
  ...WRITES.map(({ name }) => name),
  ...ARRIVALS.map(({ name }) => name),
  ...HAPPENINGS,
  ...faults.map((fault) => `fault ${fault}`),
];
