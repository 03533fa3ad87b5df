import fc from 'fast-check';
import { subtract, type OrderSpec } from '@orderplane/domain';
import type { OrderReport } from '@orderplane/normalization';
import { born as birthOf, cumQty, type OrderMachine } from '@orderplane/state-machine';
import { fold } from '../fold.ts';
import { apply, at, eventOf, limitSpec, orderAfter, specAfter } from './machines.ts';
import { ModelVenue, reportOf, type VenueOrder } from './model-venue.ts';

/** Everything of our own happens before the first report; what of it the exchange carries out is the history's choice. */
const OWN_DEADLINE = at(60);
/** A look-up after every deadline and every delay. */
export const LAST_LOOK = at(100);

type Moment =
  | { readonly do: 'fill'; readonly size: string }
  | { readonly do: 'amend' | 'restate' | 'cancel' | 'expire' }
  | { readonly do: 'ask'; readonly source: 'lookup' | 'open-list' | 'history'; readonly fills: boolean };

export interface History {
  readonly told: string;
  /** The order as we hold it after our own requests, none of them answered. */
  readonly start: OrderMachine;
  /** Everything that the exchange said, oldest first. */
  readonly reports: readonly OrderReport[];
  /** What it says when asked after all of it. */
  readonly last: OrderReport;
}

interface Wishes {
  readonly cancel: boolean;
  readonly change: { readonly size: string; readonly price: string } | null;
}

const moments: fc.Arbitrary<Moment> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('0.1', '0.25', '0.5', '3').map((size) => ({ do: 'fill' as const, size })) },
  {
    weight: 4,
    arbitrary: fc.constantFrom('amend', 'amend', 'restate', 'cancel', 'expire').map((what) => ({ do: what })),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('ask' as const),
      source: fc.constantFrom('lookup', 'open-list', 'history'),
      fills: fc.boolean(),
    }),
  },
);

const wishes: fc.Arbitrary<Wishes> = fc.record({
  cancel: fc.boolean(),
  change: fc.option(
    fc.constantFrom({ size: '2', price: '101' }, { size: '0.5', price: '100' }, { size: '1', price: '99' }),
  ),
});

/** How the order came to be: placed by us by size or by an amount of money, or found at the exchange. */
type Birth = 'ours' | 'money' | 'adopted';
const births = fc.constantFrom<Birth>('ours', 'ours', 'money', 'adopted');

/** A lawful life of one order at an exchange that amends natively, with snapshots asked at any time. */
const oneLeg: fc.Arbitrary<History> = fc
  .record({ birth: births, wishes, moments: fc.array(moments, { maxLength: 9 }) })
  .map(({ birth, wishes, moments }) => tell(birth, birth === 'money' ? { ...wishes, change: null } : wishes, moments));

/** A replace in two steps: what was said of the old leg is late mail by now, and the new one is in doubt. */
const twoLegs: fc.Arbitrary<History> = fc
  .record({
    cancel: fc.boolean(),
    before: fc.array(moments, { maxLength: 5 }),
    after: fc.array(moments, { maxLength: 7 }),
  })
  .map(({ cancel, before, after }) => tellTwoLegs(cancel, before, after));

export const histories: fc.Arbitrary<History> = fc.oneof(
  { weight: 3, arbitrary: oneLeg },
  { weight: 1, arbitrary: twoLegs },
);

const SPECS: Readonly<Record<Birth, OrderSpec>> = {
  ours: limitSpec,
  adopted: limitSpec,
  money: { ...limitSpec, type: 'MARKET', timeInForce: 'IOC', size: null, quoteSize: '100', price: null },
};

function born(birth: Birth): OrderMachine {
  if (birth !== 'adopted') return specAfter(SPECS[birth], ['validated', 'sent']);
  const { type, timeInForce, size, quoteSize, price, stopPrice } = limitSpec;
  const terms = { size, quoteSize, price, stopPrice };
  const found = {
    type: 'Adopted',
    kind: { type, timeInForce },
    terms,
    venueClientId: 'x1',
    venueOrderId: 'v1',
  } as const;
  return birthOf(eventOf(found)).order;
}

function startOf(birth: Birth, { cancel, change }: Wishes): OrderMachine {
  let order = born(birth);
  if (change !== null) {
    const terms = { ...change, quoteSize: null, stopPrice: null };
    order = apply(order, { type: 'ReplaceRequested', requestId: 'change', generation: 2, terms, by: 'client' });
    order = apply(order, { type: 'ReplaceSent', requestId: 'change', how: 'AMEND', deadlineAt: OWN_DEADLINE });
    order = apply(order, { type: 'RequestUnknown', requestId: 'change', reason: 'no answer' });
  }
  if (cancel) order = withCancel(order);
  return apply(order, { type: 'SubmitUnknown', reason: 'no answer' });
}

function withCancel(order: OrderMachine): OrderMachine {
  const wished = apply(order, { type: 'CancelRequested', requestId: 'cancel', generation: 3, by: 'client' });
  const sent = apply(wished, { type: 'CancelSent', requestId: 'cancel', deadlineAt: OWN_DEADLINE });
  return apply(sent, { type: 'RequestUnknown', requestId: 'cancel', reason: 'no answer' });
}

const NO_CHANGE: Wishes = { cancel: false, change: null };

function tellTwoLegs(cancel: boolean, before: readonly Moment[], after: readonly Moment[]): History {
  const venue = new ModelVenue();
  const old = venue.place('c1', limitSpec, at(1));
  const reports: OrderReport[] = [reportOf(old, 'stream', at(1))];
  const live = (moment: Moment): boolean => moment.do === 'ask' || (moment.do === 'fill' && moment.size !== '3');
  before.filter(live).forEach((moment, index) => {
    const report = happen(venue, old, moment, NO_CHANGE, at(2 + index), index);
    if (report !== null) reports.push(report);
  });
  if (old.status === 'FILLED') return tell('ours', NO_CHANGE, before);
  venue.end(old, 'CANCELLED', at(10));
  const gone = reportOf(old, 'lookup', at(11), 'all');
  const terms = { size: '2', price: '101', quoteSize: null, stopPrice: null };
  let order = orderAfter('validated', 'sent', 'acked');
  order = apply(order, { type: 'ReplaceRequested', requestId: 'change', generation: 2, terms, by: 'client' });
  order = apply(order, { type: 'ReplaceSent', requestId: 'change', how: 'TWO_STEP', deadlineAt: at(9) });
  order = fold(order, gone, { at: at(12), visibilityDelayMs: 0 }).machine;
  const rest = { ...terms, size: subtract('2', cumQty(order)) };
  order = apply(order, { type: 'LegSent', venueClientId: 'c2', deadlineAt: OWN_DEADLINE, terms: rest });
  order = apply(cancel ? withCancel(order) : order, { type: 'SubmitUnknown', reason: 'no answer' });

  const next = venue.place('c2', { ...limitSpec, ...rest }, at(13));
  reports.push(gone, reportOf(next, 'stream', at(13)));
  after.forEach((moment, index) => {
    const report = happen(venue, next, moment, NO_CHANGE, at(14 + index), index);
    if (report !== null) reports.push(report);
  });
  const told = `two legs ${cancel} ${[...before, ...after].map((moment) => moment.do).join(' ')}`;
  return { told, start: order, reports, last: reportOf(next, 'lookup', LAST_LOOK, 'all') };
}

function tell(birth: Birth, wishes: Wishes, moments: readonly Moment[]): History {
  const venue = new ModelVenue();
  const order = venue.place(birth === 'adopted' ? null : 'c1', SPECS[birth], at(1));
  // What the amount of money buys is known to the exchange alone.
  if (birth === 'money') order.size = '1';
  const reports: OrderReport[] = [reportOf(order, 'stream', at(1))];
  let changed = false;
  moments.forEach((moment, index) => {
    const now = at(2 + index);
    if (moment.do === 'amend') {
      if (changed || wishes.change === null) return;
      changed = true;
    }
    const report = happen(venue, order, moment, wishes, now, index);
    if (report !== null) reports.push(report);
  });
  const told = `${birth} ${JSON.stringify(wishes)} ${moments.map((moment) => moment.do).join(' ')}`;
  return { told, start: startOf(birth, wishes), reports, last: reportOf(order, 'lookup', LAST_LOOK, 'all') };
}

/** What the exchange says of this moment, on its stream or when asked; null where nothing happens. */
function happen(
  venue: ModelVenue,
  order: VenueOrder,
  moment: Moment,
  wishes: Wishes,
  now: string,
  index: number,
): OrderReport | null {
  const streamed = (happened: boolean): OrderReport | null => (happened ? reportOf(order, 'stream', now) : null);
  switch (moment.do) {
    case 'fill': {
      const fill = venue.fill(order, moment.size, now);
      return fill === null ? null : reportOf(order, 'stream', now, [fill]);
    }
    case 'amend':
      return streamed(venue.amend(order, wishes.change ?? {}, now));
    case 'restate':
      // A change from outside beside a change of ours in doubt can't be told apart without the report of each.
      return streamed(
        wishes.change === null && order.spec.price !== null && venue.amend(order, { price: String(200 + index) }, now),
      );
    case 'cancel':
      return streamed(venue.end(order, 'CANCELLED', now));
    case 'expire':
      return streamed(venue.end(order, 'EXPIRED', now, 'tif'));
    case 'ask':
      if (moment.source === 'open-list' && order.status !== 'OPEN') return null;
      return reportOf(order, moment.source, now, moment.fills ? 'all' : []);
  }
}
